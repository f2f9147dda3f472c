"""A trickle of many workspaces beside the huge backlog of one, against the same trickle alone."""

import time
from dataclasses import dataclass

from bench.report.figures import Report
from bench.stage import backlog
from bench.stage.delays import delays
from bench.stage.shops import Shop, open_shops
from bench.stage.stage import Stage
from bench.stage.traffic import feed

ALONE, BESIDE = "trickle alone:", "trickle beside the burst:"


@dataclass(frozen=True)
class Sizes:
    """`events` wait at one workspace; `trickling` others get `rate` events a second each, for `seconds` at most."""

    events: int
    chats: int
    trickling: int
    rate: float
    seconds: float


FULL = Sizes(events=50_000, chats=200, trickling=20, rate=2, seconds=20)
QUICK = Sizes(events=3_000, chats=200, trickling=20, rate=2, seconds=2)


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("burst")
    for _ in range(rounds):
        with stage.product():
            _round(stage, sizes, report)
    report.compare("trickle p99 beside / alone", f"{BESIDE} p99", f"{ALONE} p99", "<=", 2)
    return report


def _round(stage: Stage, sizes: Sizes, report: Report) -> None:
    bursting, *trickling = open_shops([stage.receiver.url(number) for number in range(1 + sizes.trickling)])
    feed(trickling, sizes.rate, 2)
    began = time.time()
    feed(trickling, sizes.rate, sizes.seconds)
    report.add_times(ALONE, _while(stage, trickling, began, time.time()))
    backlog.accept([bursting], sizes.events, sizes.chats)
    stage.receiver.forget()
    began = time.time()
    backlog.let_go([bursting])
    feed(trickling, sizes.rate, sizes.seconds)
    lasted = _end_of(stage, bursting) - began
    report.add("the burst lasted", min(lasted, sizes.seconds), "s")
    report.add_times(BESIDE, _while(stage, trickling, began, began + min(lasted, sizes.seconds)))
    backlog.hold([bursting])


def _while(stage: Stage, shops: list[Shop], begin: float, end: float) -> list[float]:
    """The delays of what was recorded in that time, in s."""
    time.sleep(0.5)
    found = delays(stage.receiver.arrivals(), [shop.workspace_id for shop in shops])
    return [delay for at, delay in found if begin <= at < end]


def _end_of(stage: Stage, shop: Shop) -> float:
    """When the last of a shop's events arrived so far: it is endpoint 0."""
    return max(arrival.at for arrival in stage.receiver.arrivals() if arrival.endpoint == 0)
