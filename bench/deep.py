"""What a backlog's depth does to its drain, and to a courier's claim of what comes next."""

import time
from dataclasses import dataclass
from statistics import median

from bench.report.figures import Report
from bench.stage import backlog, rates
from bench.stage.filling import fill
from bench.stage.shops import Shop, open_shops
from bench.stage.stage import Stage
from deliveries.courier import claims

CLAIMS = 20
DEAD = "telegram:chat_dead"


@dataclass(frozen=True)
class Case:
    """`pending` events, of which the first `dead` are of one chat whose head waits for its next try.

    Of each backlog the first `events` are measured, `times` times.
    """

    title: str
    pending: int
    events: int
    times: int = 1
    dead: int = 0


@dataclass(frozen=True)
class Sizes:
    """The first case is what the others are compared with."""

    chats: int
    cases: tuple[Case, ...]


FULL = Sizes(
    200,
    (
        Case("1,000 pending", 1_000, 1_000, times=5),
        Case("100,000 pending", 100_000, 5_000),
        Case("1,000,000 pending", 1_000_000, 5_000),
        Case("a dead chat's 100,000 and 100,000 behind", 200_000, 5_000, dead=100_000),
    ),
)
QUICK = Sizes(
    200,
    (
        Case("500 pending", 500, 500),
        Case("5,000 pending", 5_000, 500),
        Case("a dead chat's 5,000 and 5,000 behind", 10_000, 500, dead=5_000),
    ),
)


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("deep")
    for _ in range(rounds):
        for case in sizes.cases:
            with stage.product():
                found = [_drain(stage, sizes, case) for _ in range(case.times)]
            report.add(f"{case.title}: rate", median(rate for rate, _ in found), "deliveries/s")
            report.add(f"{case.title}: claim", median(claim for _, claim in found) * 1000, "ms")
    first = sizes.cases[0].title
    for case in sizes.cases[1:]:
        report.compare(f"rate with {case.title} / with {first}", f"{case.title}: rate", f"{first}: rate", ">=", 0.9)
    return report


def _drain(stage: Stage, sizes: Sizes, case: Case) -> tuple[float, float]:
    """Deliveries a second, and the seconds of one claim at the start."""
    shops = open_shops([stage.receiver.url(0)])
    fill(shops, case.pending, sizes.chats, case.dead)
    claim = _claim(shops[0], [DEAD] if case.dead else [])
    stage.receiver.forget()
    backlog.let_go(shops)
    stage.receiver.wait_for(case.events, 120)
    arrivals = stage.receiver.arrivals()
    backlog.hold(shops)
    return rates.per_second(arrivals), claim


def _claim(shop: Shop, passed: list[str]) -> float:
    """Median seconds of a claim from the left edge, as every run makes it first."""
    times = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        claims.new(shop.connection_id, 0, passed)
        times.append(time.perf_counter() - began)
    return median(times)
