"""Healthy workspaces beside hanging and refusing ones, against the same healthy ones alone.

The moment of the outage and the time after it are separate figures: at first all have the same rights.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from bench.report.figures import Report
from bench.stage.delays import delays
from bench.stage.shops import Shop, open_shops
from bench.stage.stage import Stage
from bench.stage.traffic import feed


@dataclass(frozen=True)
class Sizes:
    """How many workspaces of each kind, `rate` events a second for each of them; times in seconds."""

    hanging: int
    refusing: int
    healthy: int
    rate: float
    alone: float
    before: float
    outage: float
    steady: float

    @property
    def modes(self) -> dict[int, str]:
        refusing = range(self.hanging, self.hanging + self.refusing)
        return dict.fromkeys(range(self.hanging), "hanging") | dict.fromkeys(refusing, "refusing")


FULL = Sizes(hanging=50, refusing=25, healthy=25, rate=2, alone=60, before=20, outage=60, steady=60)
QUICK = Sizes(hanging=10, refusing=5, healthy=5, rate=2, alone=4, before=1, outage=8, steady=4)
ALONE, OUTAGE, STEADY = "healthy alone:", "healthy, outage:", "healthy, steady:"


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("fair")
    for _ in range(rounds):
        with stage.product():
            _round(stage, sizes, report)
    report.compare("p99 in steady state / alone", f"{STEADY} p99", f"{ALONE} p99", "<=", 2)
    report.expect("worst healthy delay in the outage, ms", f"{OUTAGE} max", "<=", 1000)
    return report


def _round(stage: Stage, sizes: Sizes, report: Report) -> None:
    shops = open_shops([stage.receiver.url(number) for number in range(len(sizes.modes) + sizes.healthy)])
    healthy = shops[len(sizes.modes) :]
    mixed = _mixed([shops[: sizes.hanging], shops[sizes.hanging : len(sizes.modes)], healthy])
    feed(healthy, sizes.rate, 2)
    began = time.time()
    feed(healthy, sizes.rate, sizes.alone)
    report.add_times(ALONE, _between(stage, healthy, began, time.time()))
    end = _outage(stage, mixed, sizes)
    report.add_times(OUTAGE, _between(stage, healthy, end - sizes.steady - sizes.outage, end - sizes.steady))
    report.add_times(STEADY, _between(stage, healthy, end - sizes.steady, end))


def _mixed(kinds: Sequence[Sequence[Shop]]) -> list[Shop]:
    """Each kind evenly among the others, so that the healthy ones get theirs at the same moments as alone."""
    places = [((number + 0.5) / len(kind), shop) for kind in kinds for number, shop in enumerate(kind)]
    return [shop for _, shop in sorted(places, key=itemgetter(0))]


def _outage(stage: Stage, shops: list[Shop], sizes: Sizes) -> float:
    """All are well, then most are not; returns when that ended, by the wall clock."""
    whole = sizes.before + sizes.outage + sizes.steady
    traffic = threading.Thread(target=feed, args=(shops, sizes.rate, whole))
    traffic.start()
    time.sleep(sizes.before)
    stage.receiver.behave(sizes.modes)
    end = time.time() + sizes.outage + sizes.steady
    traffic.join()
    time.sleep(1)
    stage.receiver.behave({})
    return end


def _between(stage: Stage, shops: list[Shop], begin: float, end: float) -> list[float]:
    """The delays of what these shops recorded in that time, in s."""
    time.sleep(0.5)
    found = delays(stage.receiver.arrivals(), [shop.workspace_id for shop in shops])
    return [delay for at, delay in found if begin <= at < end]
