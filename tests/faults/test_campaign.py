"""A campaign counts what took effect, repeats itself, and outlives whatever goes wrong."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from tests.faults.campaign import TRIES, Campaign
from tests.faults.kinds import Kind
from tests.faults.ledger import Accepted, Arrival, Doubled, Ledger, Window
from tests.faults.report import faults_table
from tests.faults.scene import Scene

SEED = 7


class Stack:
    """Time stands still, and what is waited for is there or never comes."""

    def wait(self, _seconds: float) -> None: ...

    def wait_for(self, condition: Callable[[], bool], _seconds: float) -> bool:
        return condition()


class Books:
    def pending(self, _marks: object) -> int:
        return 0

    def check(self, _marks: object) -> list[str]:
        return []

    def recorders(self) -> list[str]:
        return []

    def totals(self, _workspaces: object) -> dict[str, int]:
        return {"delivered": 1}


@dataclass
class Quiet:
    """A stage on which everything is always well."""

    ledger: Ledger = field(default_factory=Ledger)
    windows: list[Window] = field(default_factory=list)
    stack: Stack = field(default_factory=Stack)
    books: Books = field(default_factory=Books)
    well: list[str] = field(default_factory=lambda: ["ws_1"])
    shops: list[SimpleNamespace] = field(default_factory=lambda: [SimpleNamespace(workspace="ws_1")])
    sick: list[SimpleNamespace] = field(default_factory=list)
    revived: int = 0
    traffic_ends: bool = True

    @property
    def traffic(self) -> SimpleNamespace:
        return SimpleNamespace(end=self._end)

    def _end(self, _seconds: float) -> None:
        if not self.traffic_ends:
            raise TimeoutError("an answer is missing")

    def learn_usual_wait(self) -> None: ...

    def wait_until_ready(self) -> None: ...

    def heal(self) -> None: ...

    def revive(self) -> None:
        self.revived += 1

    def is_caught_up(self, _since: float) -> bool:
        return True


def campaign_on(stage: Quiet) -> Campaign:
    return Campaign(cast("Scene", stage), SEED)


class Fault:
    """Hits as `results` say, one try after the other; then always. Notes what it drew."""

    def __init__(self, *results: int) -> None:
        self.results, self.drawn = list(results), list[float]()

    def __call__(self, _scene: Scene, dice: random.Random) -> int:
        hit = self.results.pop(0) if self.results else 1
        if hit:
            self.drawn.append(dice.random())
        return hit


def test_a_fault_that_hit_nobody_is_tried_again_and_not_counted() -> None:
    campaign = campaign_on(Quiet())
    campaign.group(Kind("kill", Fault(0, 1, 0, 0, 1), times=2))
    tally = campaign.tallies["kill"]
    assert (tally.faults, tally.missed, len(tally.recovered)) == (2, 3, 1)
    assert campaign.broken == []


def test_a_kind_that_never_hits_is_given_up_and_has_no_row() -> None:
    campaign = campaign_on(Quiet())
    campaign.group(Kind("kill", Fault(*[0] * 99), times=2))
    tally = campaign.tallies["kill"]
    assert (tally.faults, tally.missed, tally.recovered) == (0, 2 * TRIES, [])
    table = faults_table([tally])
    assert "| kill |" not in table
    assert table.endswith("Tried 8 times more without hitting anybody: kill.")


def test_faults_that_are_two_count_as_two() -> None:
    campaign = campaign_on(Quiet())
    campaign.group(Kind("there and back", Fault(2)))
    assert campaign.tallies["there and back"].faults == 2


def test_a_seed_draws_the_same_however_often_a_fault_missed_before() -> None:
    def drawn(misses: Callable[[], Fault]) -> list[float]:
        first, second = misses(), Fault()
        campaign = campaign_on(Quiet())
        campaign.group(Kind("first", first, times=2), number=3)
        campaign.group(Kind("second", second, times=3), number=3)
        return second.drawn

    assert drawn(Fault) == drawn(lambda: Fault(0, 0, 1, 0))
    assert len(set(drawn(Fault))) == 3


def test_a_seed_has_one_order_in_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    def order(seed: int) -> list[str]:
        clock = iter(range(1000))
        monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
        seen: list[str] = []
        campaign = Campaign(cast("Scene", Quiet()), seed)
        monkeypatch.setattr(campaign, "group", lambda kind, number: seen.append(f"{number} {kind.name}"))
        campaign.run([Kind(name, Fault()) for name in "abcdef"], 13)
        return seen

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert [one[0] for one in order(1)] == ["0"] * 6 + ["1"] * 6


def test_a_machine_that_allows_nothing_ends_the_campaign_at_once() -> None:
    campaign = campaign_on(Quiet())
    campaign.run([Kind("cut", Fault(), unable=lambda _: "no cables")], 3600)
    assert faults_table(campaign.tallies.values()).endswith("Not done on this machine: cut (no cables).")


def test_kinds_for_which_there_was_no_time_are_named() -> None:
    campaign = campaign_on(Quiet())
    campaign.run([Kind("kill", Fault()), Kind("cut", Fault())], 0)
    assert "Not reached in this time: kill." in faults_table(campaign.tallies.values())


def test_a_fault_that_raises_breaks_a_promise_and_the_next_has_its_turn() -> None:
    def fail(_scene: Scene, _dice: random.Random) -> int:
        raise AssertionError("worker does not end")

    stage = Quiet()
    campaign = campaign_on(stage)
    campaign.group(Kind("deploy", fail))
    campaign.group(Kind("kill", Fault()))
    assert campaign.broken == ["deploy: it ended with AssertionError: worker does not end"]
    assert campaign.tallies["kill"].faults == 1
    assert stage.revived == 2


def test_traffic_that_does_not_end_is_told_and_the_last_count_is_made_all_the_same() -> None:
    stage = Quiet(traffic_ends=False)
    stage.ledger.breach("ingest answered 500")
    campaign = campaign_on(stage)
    campaign.finish()
    assert campaign.broken == [
        "at the end: it ended with TimeoutError: an answer is missing",
        "at the end: ingest answered 500",
    ]


@pytest.mark.parametrize(("out_of_order", "altered"), [(1, 0), (0, 1)])
def test_an_event_out_of_order_or_altered_is_found_at_the_end_at_the_latest(out_of_order: int, altered: int) -> None:
    campaign = campaign_on(Quiet(Ledger(out_of_order=out_of_order, altered=altered)))
    campaign.finish()
    assert campaign.broken == [f"at the end: {out_of_order} events out of order, {altered} altered"]


def test_an_event_doubled_between_two_groups_is_found_by_the_next() -> None:
    stage = Quiet(windows=[Window(20, 20)])
    campaign = campaign_on(stage)
    campaign.group(Kind("kill", Fault()))
    stage.ledger.doubled += [Doubled("evt_1", "ws_1", 20, 20, 28), Doubled("evt_2", "ws_1", 25, 26, 28)]
    campaign.finish()
    (told,) = campaign.broken
    assert told.startswith("at the end: doubled without a reason: Doubled(id='evt_2'")
    assert told.endswith("arrived +5.00 s and accepted +6.00 s from a fault of 0.00 s")


def test_events_that_were_lost_are_counted_with_their_fault() -> None:
    class Short(Books):
        def check(self, _marks: object) -> list[str]:
            return ["LOST: evt_1"]

    stage = Quiet(books=Short())
    stage.ledger.accept(Accepted("evt_1", 1, "ws_1", "chat_1", "queued", asked_at=1, answered_at=2))
    stage.ledger.arrive(Arrival(3, "ws_1", "chat_1", 1, "evt_1", "evt_1", "digest", 200))
    campaign = campaign_on(stage)
    campaign.group(Kind("kill", Fault()))
    assert campaign.broken == ["kill: LOST: evt_1"]
    assert campaign.tallies["kill"].lost == 1
