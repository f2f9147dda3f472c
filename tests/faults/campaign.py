"""One run: faults in shuffled rounds until the time is over, and after each group every promise is checked."""

import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults import report
from tests.faults.delays import Delays, Span, delays
from tests.faults.kinds import Kind
from tests.faults.ledger import Window
from tests.faults.scene import Scene
from tests.faults.sql import DatabaseAway

RECOVERED_WITHIN = 15.0
SETTLED_WITHIN = 90.0
NORMAL = 0.9
# A window of 8 requests for each connection may be unanswered, and a quarter of a second of traffic unrecorded.
IN_FLIGHT = 8
SHOWN = 10

STANDING = """
SELECT c.id, count(*) AS pending, left(c.lease_token, 6), c.lease_until - now() AS lease, c.wake_at - now() AS wake,
       now() - c.wake_sent_at AS sent, c.wake_validity, c.crashes, c.failures_in_row, c.down_since, c.window
  FROM deliveries_connection c JOIN deliveries_delivery d ON d.connection_id = c.id AND d.status = 'pending'
 WHERE c.closed_at IS NULL GROUP BY c.id ORDER BY c.id
"""


@dataclass
class Tally:
    """What came of all groups of one kind of fault; times in seconds, one for each group."""

    kind: str
    faults: int = 0
    events: int = 0
    lost: int = 0
    out_of_order: int = 0
    doubled: int = 0
    recovered: list[float] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)
    skipped: str = ""


class Campaign:
    """Keeps the tallies. `broken` has a sentence for each promise that did not hold.

    `recovered_within` is None where the machine's other work decides how soon things recover.
    """

    def __init__(self, scene: Scene, seed: int, *, recovered_within: float | None = RECOVERED_WITHIN) -> None:
        self.scene, self.dice, self.recovered_within = scene, random.Random(seed), recovered_within
        self.tallies: dict[str, Tally] = {}
        self.broken: list[str] = []
        self.windows: list[Window] = []
        self.alone: list[Span] = []
        self.beside_sick: list[Span] = []
        self.normal_rate = 0.0

    def measure(self, seconds: float) -> None:
        """What is normal: arrivals a second at healthy endpoints, with nothing at fault."""
        began = time.monotonic()
        self.scene.stack.wait_for(lambda: self.scene.is_caught_up(began), SETTLED_WITHIN)
        began = time.monotonic()
        self.normal_rate = self.scene.rate(seconds)
        self.alone.append((began, time.monotonic()))
        report.say(f"normal rate: {self.normal_rate:.0f} events/s at {len(self.scene.well)} healthy workspaces")

    def run(self, kinds: Sequence[Kind], seconds: float) -> None:
        """Rounds of all kinds until that much time has passed."""
        end = time.monotonic() + seconds
        while True:
            for kind in self.dice.sample(list(kinds), len(kinds)):
                if time.monotonic() >= end:
                    return
                self.group(kind)

    def group(self, kind: Kind) -> None:
        """Some faults of one kind, then the checks."""
        tally = self.tallies.setdefault(kind.name, Tally(kind.name))
        tally.skipped = kind.unable(self.scene)
        if tally.skipped:
            return
        self.scene.learn_usual_wait()
        ledger, began = self.scene.ledger, time.monotonic()
        known, doubled, disorder = len(ledger.accepted), len(ledger.doubled), ledger.out_of_order
        with kind.around(self.scene):
            for _ in range(kind.times):
                self.scene.stack.wait(self.dice.random() * kind.apart)
                self._inject(kind)
                tally.faults += 1
            ended = time.monotonic()
            tally.recovered.append(self._recover(kind.name, ended))
            tally.caught_up.append(self._catch_up(kind.name, ended))
        tally.lost += self._check(kind.name, self.scene.well)
        tally.events += len(ledger.accepted) - known
        tally.out_of_order += ledger.out_of_order - disorder
        tally.doubled += len(ledger.doubled) - doubled
        self._check_doubled(kind, doubled)
        report.say(report.group(tally, kind.times, time.monotonic() - began))
        self._rest()

    def _inject(self, kind: Kind) -> None:
        start = time.monotonic()
        kind.inject(self.scene, self.dice)
        if kind.doubles:
            # A quarter of a second where one of a hundred events arrives within half a one.
            self.windows.append(Window(start, time.monotonic(), on_the_way=self.scene.usual_wait / 4))

    def _recover(self, name: str, ended: float) -> float:
        """Seconds after the end until every healthy endpoint gets its events at the normal rate, or waits for none."""
        scene, share = self.scene, NORMAL * self.normal_rate / len(self.scene.well)
        while True:
            before = {workspace: scene.ledger.arrivals[workspace] for workspace in scene.well}
            seconds = time.monotonic() - ended
            if scene.is_caught_up(ended) or seconds > SETTLED_WITHIN:
                break
            late = {event.workspace for event in scene.late()}
            scene.stack.wait(0.5)
            came = {workspace: scene.ledger.arrivals[workspace] - before[workspace] for workspace in late}
            if scene.is_fed(ended) and all(number >= share / 2 for number in came.values()):
                break
        if self.recovered_within is not None and seconds > self.recovered_within:
            self._explain()
            self._break(name, f"the rate was not normal within {self.recovered_within:.0f} s: {seconds:.1f} s")
        return seconds

    def _catch_up(self, name: str, ended: float) -> float:
        """Seconds until nothing waits any more at healthy endpoints."""
        if not self.scene.stack.wait_for(lambda: self.scene.is_caught_up(ended), SETTLED_WITHIN):
            self._explain()
            missing = self.scene.late()
            lost = f"LOST: {len(missing)} accepted events did not arrive: {missing[:3]}"
            self._break(name, lost if missing else "the ingest API does not answer")
        return time.monotonic() - ended

    def _check(self, name: str, workspaces: Sequence[str]) -> int:
        """The books of these workspaces up to now; returns how many events were lost."""
        scene = self.scene
        marks = scene.ledger.marks(workspaces)
        if not scene.stack.wait_for(lambda: self._is_settled(marks), SETTLED_WITHIN):
            self._explain()
        problems = scene.books.check(marks) + scene.books.recorders() + scene.ledger.broken
        scene.ledger.broken = []
        for problem in problems[:SHOWN]:
            self._break(name, problem)
        if len(problems) > SHOWN:
            self._break(name, f"{len(problems)} problems in all")
        return sum(problem.startswith("LOST") for problem in problems)

    def _is_settled(self, marks: dict[str, int]) -> bool:
        try:
            return self.scene.books.pending(marks) == 0
        except DatabaseAway:
            return False

    def _check_doubled(self, kind: Kind, since: int) -> None:
        doubled = self.scene.ledger.doubled[since:]
        for one in self.scene.ledger.unexcused(self.windows, since)[:SHOWN]:
            self._break(kind.name, f"doubled without a reason: {one}, {self._around(one.accepted_at)}")
        bound = kind.times * (IN_FLIGHT * len(self.scene.shops) + self.normal_rate / 2)
        if len(doubled) > bound:
            self._break(kind.name, f"{len(doubled)} events doubled, more than {bound:.0f}")

    def _around(self, moment: float) -> str:
        """Where a moment lies beside the newest window."""
        if not self.windows:
            return "before any fault that hits couriers"
        newest = self.windows[-1]
        return f"{moment - newest.start:.2f} s after the start, {moment - newest.end:.2f} s after the end of the fault"

    def _rest(self) -> None:
        """A calm moment between groups, in which delays are measured undisturbed."""
        self.scene.revive()
        began = time.monotonic()
        self.scene.stack.wait(1.0)
        self.beside_sick.append((began, time.monotonic()))

    def finish(self) -> None:
        """All endpoints are healed and the traffic ends: now every event must be accounted for, the sick ones', too."""
        scene = self.scene
        scene.heal()
        scene.traffic.end(SETTLED_WITHIN)
        shops = [shop.workspace for shop in scene.shops]
        self._check("at the end", shops)
        well, sick = scene.books.totals(scene.well), scene.books.totals([shop.workspace for shop in scene.sick])
        if set(well) != {"delivered"}:
            self._break("at the end", f"LOST: of the events of healthy endpoints some were not delivered: {well}")
        owed, accepted = sum(well.values()) + sum(sick.values()), len(scene.ledger.accepted)
        report.say(f"accepted {accepted}, owed {owed}: healthy endpoints {well}, sick ones {sick}")

    def measured_delays(self) -> dict[str, Delays]:
        ledger, well = self.scene.ledger, self.scene.well
        return {
            "alone": delays(ledger, well, self.alone),
            "beside slow, hanging and failing ones": delays(ledger, well, self.beside_sick),
        }

    def _explain(self) -> None:
        """How every connection that has something to do stands, for whoever looks into it."""
        with contextlib.suppress(DatabaseAway):
            for row in self.scene.stack.rows(STANDING):
                report.say("  connection " + " ".join(str(value) for value in row))

    def _break(self, name: str, what: str) -> None:
        self.broken.append(f"{name}: {what}")
        report.say(f"BROKEN {name}: {what}")
