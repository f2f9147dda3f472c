"""One run: faults in shuffled rounds until the time is over, and after each group every promise is checked."""

import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from itertools import count

from tests.faults import report
from tests.faults.delays import Delays, Span, delays, held_up
from tests.faults.kinds import Kind
from tests.faults.ledger import Doubled
from tests.faults.scene import Scene
from tests.faults.sql import DatabaseAway
from tests.faults.tally import Tally

RECOVERED_WITHIN = 15.0
SETTLED_WITHIN = 90.0
NORMAL = 0.9
# A window of 8 requests for each connection may be unanswered, and a quarter of a second of traffic unrecorded.
IN_FLIGHT = 8
SHOWN = 10
# Of one fault that hits nobody.
TRIES = 4

STANDING = """
SELECT c.id, count(*) AS pending, left(c.lease_token, 6), c.lease_until - now() AS lease, c.wake_at - now() AS wake,
       now() - c.wake_sent_at AS sent, c.wake_validity, c.crashes, c.failures_in_row, c.down_since, c.window
  FROM deliveries_connection c JOIN deliveries_delivery d ON d.connection_id = c.id AND d.status = 'pending'
 WHERE c.closed_at IS NULL GROUP BY c.id ORDER BY c.id
"""


class Campaign:
    """Keeps the tallies. `broken` has a sentence for each promise that did not hold.

    `recovered_within` is None where the machine's other work decides how soon things recover.
    """

    def __init__(self, scene: Scene, seed: int, *, recovered_within: float | None = RECOVERED_WITHIN) -> None:
        self.scene, self.seed, self.recovered_within = scene, seed, recovered_within
        self.tallies: dict[str, Tally] = {}
        self.broken: list[str] = []
        self.alone: list[Span] = []
        self.beside_sick: list[Span] = []
        self.normal_rate = 0.0
        self._doubled_seen = 0

    def measure(self, seconds: float) -> None:
        """What is normal: arrivals a second at healthy endpoints, with nothing at fault."""
        began = time.monotonic()
        self.scene.stack.wait_for(lambda: self.scene.is_caught_up(began), SETTLED_WITHIN)
        began = time.monotonic()
        self.normal_rate = self.scene.rate(seconds)
        self.alone.append((began, time.monotonic()))
        report.say(f"normal rate: {self.normal_rate:.0f} events/s at {len(self.scene.well)} healthy workspaces")

    def run(self, kinds: Sequence[Kind], seconds: float) -> None:
        """Rounds of all kinds that this machine allows, until that much time has passed."""
        end = time.monotonic() + seconds
        able = [kind for kind in kinds if not self._tally(kind).skipped]
        for number in count() if able else ():
            # Each draw of a seed is its own: how long anything took changes no other.
            for kind in random.Random(f"{self.seed} {number}").sample(able, len(able)):
                if time.monotonic() >= end:
                    return
                self.group(kind, number)

    def _tally(self, kind: Kind) -> Tally:
        return self.tallies.setdefault(kind.name, Tally(kind.name, skipped=kind.unable(self.scene)))

    def group(self, kind: Kind, number: int = 0) -> None:
        """Some faults of one kind, then the checks. Whatever goes wrong is told, and the next kind's turn comes."""
        tally = self._tally(kind)
        tally.groups += 1
        with self._telling(kind.name):
            self._group(kind, tally, number)
        with self._telling(f"after {kind.name}"):
            self._rest()

    def _group(self, kind: Kind, tally: Tally, number: int) -> None:
        self.scene.learn_usual_wait()
        ledger, began = self.scene.ledger, time.monotonic()
        known, doubled, disorder = len(ledger.accepted), len(ledger.doubled), ledger.out_of_order
        with kind.around(self.scene):
            dealt = [self._inject(kind, tally, f"{self.seed} {number} {kind.name} {one}") for one in range(kind.times)]
            faults, ended = sum(dealt), time.monotonic()
            times = self._recover(kind.name, ended), self._catch_up(kind.name, ended)
        if faults:
            tally.recovered.append(times[0])
            tally.caught_up.append(times[1])
        tally.lost += self._check(kind.name, self.scene.well)
        tally.events += len(ledger.accepted) - known
        tally.out_of_order += ledger.out_of_order - disorder
        tally.doubled += len(ledger.doubled) - doubled
        self._check_doubled(kind.name, faults)
        report.say(report.group(tally, faults, time.monotonic() - began))

    def _inject(self, kind: Kind, tally: Tally, seed: str) -> int:
        """Once everything works. A fault that hit nobody is tried again, a few times; returns how many hit."""
        for attempt in range(TRIES):
            dice = random.Random(f"{seed} {attempt}")
            self.scene.wait_until_ready()
            self.scene.stack.wait(dice.random() * kind.apart)
            if faults := int(kind.inject(self.scene, dice)):
                tally.faults += faults
                return faults
            tally.missed += 1
        return 0

    @contextlib.contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """What is raised in the block breaks a promise, and not the run."""
        try:
            yield
        except Exception as problem:
            self._break(name, f"it ended with {type(problem).__name__}: {problem}")

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
        problems = scene.books.check(marks) + scene.books.recorders() + scene.ledger.take_broken()
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

    def _check_doubled(self, name: str, faults: int) -> None:
        """All that arrived again since the last look."""
        since, self._doubled_seen = self._doubled_seen, len(self.scene.ledger.doubled)
        doubled = self._doubled_seen - since
        for one in self.scene.ledger.unexcused(self.scene.windows, since)[:SHOWN]:
            self._break(name, f"doubled without a reason: {one}, {self._around(one)}")
        bound = max(1, faults) * (IN_FLIGHT * len(self.scene.shops) + self.normal_rate / 2)
        if doubled > bound:
            self._break(name, f"{doubled} events doubled, more than {bound:.0f}")

    def _around(self, doubled: Doubled) -> str:
        """Where it lies beside the nearest moment in which couriers were hit."""
        if not self.scene.windows:
            return "before any fault that hits couriers"
        near = min(self.scene.windows, key=lambda window: abs(doubled.accepted_at - window.start))
        arrived, accepted = doubled.arrived_at - near.start, doubled.accepted_at - near.start
        return f"arrived {arrived:+.2f} s and accepted {accepted:+.2f} s from a fault of {near.end - near.start:.2f} s"

    def _rest(self) -> None:
        """A calm moment between groups, in which delays are measured undisturbed."""
        self.scene.revive()
        began = time.monotonic()
        self.scene.stack.wait(1.0)
        self.beside_sick.append((began, time.monotonic()))

    def finish(self) -> None:
        """All endpoints are healed and the traffic ends: now every event must be accounted for, the sick ones', too."""
        for step in (self.scene.heal, self._end_traffic, self._check_all):
            with self._telling("at the end"):
                step()

    def _end_traffic(self) -> None:
        self.scene.traffic.end(SETTLED_WITHIN)

    def _check_all(self) -> None:
        scene, ledger = self.scene, self.scene.ledger
        self._check("at the end", [shop.workspace for shop in scene.shops])
        self._check_doubled("at the end", 0)
        if ledger.out_of_order or ledger.altered:
            self._break("at the end", f"{ledger.out_of_order} events out of order, {ledger.altered} altered")
        well, sick = scene.books.totals(scene.well), scene.books.totals([shop.workspace for shop in scene.sick])
        if set(well) != {"delivered"}:
            self._break("at the end", f"LOST: of the events of healthy endpoints some were not delivered: {well}")
        owed, accepted = sum(well.values()) + sum(sick.values()), len(ledger.accepted)
        report.say(f"accepted {accepted}, owed {owed}: healthy endpoints {well}, sick ones {sick}")

    def compare_delays(self) -> None:
        if problem := held_up(*self.measured_delays().values()):
            self._break("isolation", problem)

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
