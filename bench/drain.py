"""How fast an accepted backlog leaves, beside a bare loop of `requests` and beside the plain design."""

from dataclasses import dataclass

from bench import plain_runs
from bench.limit import bare_loop, ceiling
from bench.plain_runs import Pool
from bench.report.figures import Report
from bench.stage import backlog, rates
from bench.stage.product import Product
from bench.stage.shops import open_shops
from bench.stage.stage import EVERYTHING, Stage
from config.demo import child

LIMIT = "bare requests loop"


@dataclass(frozen=True)
class Sizes:
    """`cases` are (workspaces, worker processes); the plain design, far slower, gets fewer events."""

    events: int
    chats: int
    cases: tuple[tuple[int, int], ...]
    plain_events: int
    pools: tuple[Pool, ...]


FULL = Sizes(
    20_000,
    200,
    ((1, 1), (20, 1), (20, 2)),
    2_000,
    (plain_runs.PREFORK, plain_runs.PREFORK_REUSE, plain_runs.THREADS, plain_runs.THREADS_REUSE),
)
QUICK = Sizes(1_000, 200, ((1, 1),), 100, (plain_runs.THREADS_REUSE,))


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("drain")
    for _ in range(rounds):
        for workers in sorted({workers for _, workers in sizes.cases}):
            with stage.product({**EVERYTHING, "worker": workers}) as product:
                for shops, _ in (case for case in sizes.cases if case[1] == workers):
                    _drain(stage, product, sizes, report, _title(shops, workers), shops)
        _limit(stage, sizes, report)
        for pool in sizes.pools:
            _plain(stage, pool, sizes, report)
        best = max(report.measures[f"{pool.title}: rate"].values[-1] for pool in sizes.pools)
        report.add("plain, best: rate", best, "deliveries/s")
    _compare(report, sizes)
    return report


def _title(shops: int, workers: int) -> str:
    return f"{shops} workspace{'s' * (shops > 1)}, {workers} worker{'s' * (workers > 1)}"


def _drain(stage: Stage, product: Product, sizes: Sizes, report: Report, title: str, count: int) -> None:
    shops = open_shops([stage.receiver.url(number) for number in range(count)])
    backlog.accept(shops, sizes.events, sizes.chats)
    stage.receiver.forget()
    cpu = product.cpu_seconds("worker", "troubled")
    backlog.let_go(shops)
    stage.receiver.wait_for(sizes.events, 120)
    child.wait_until(lambda: backlog.unsettled() == 0, 10)
    cpu = product.cpu_seconds("worker", "troubled") - cpu
    arrivals = stage.receiver.arrivals()
    rates.check(arrivals, sizes.events)
    report.add(f"{title}: rate", rates.per_second(arrivals), "deliveries/s")
    report.add(f"{title}: CPU", cpu / sizes.events * 1000, "worker ms/delivery")


def _limit(stage: Stage, sizes: Sizes, report: Report) -> None:
    """Over the events of the drain before."""
    done = bare_loop(stage, sizes.events)
    report.add(f"{LIMIT}: rate", done["rate"], "deliveries/s")
    report.add(f"{LIMIT}: CPU", done["cpu_ms"], "worker ms/delivery")
    report.add("receiver's ceiling", ceiling(stage, sizes.events), "POSTs/s")


def _plain(stage: Stage, pool: Pool, sizes: Sizes, report: Report) -> None:
    shop = open_shops([stage.receiver.url(0)])
    backlog.accept(shop, sizes.plain_events, sizes.chats)
    stage.receiver.forget()
    events = plain_runs.publish(stage, shop, sizes.plain_events)
    with plain_runs.worker(stage, pool) as worker:
        stage.receiver.wait_for(1 + int(events * rates.WARM_UP), 60)
        early, cpu = stage.receiver.events(), worker.cpu_seconds()
        stage.receiver.wait_for(events, 120)
        cpu = worker.cpu_seconds() - cpu
    report.add(f"{pool.title}: rate", rates.per_second(stage.receiver.arrivals()), "deliveries/s")
    report.add(f"{pool.title}: CPU", cpu / (events - early) * 1000, "worker ms/delivery")


def _compare(report: Report, sizes: Sizes) -> None:
    targets = {(1, 1): 0.75, (20, 1): 0.65, (20, 2): 1.0}
    for case in sizes.cases:
        title = _title(*case)
        report.compare(f"{title}: rate / bare loop", f"{title}: rate", f"{LIMIT}: rate", ">=", targets[case])
    first = _title(*sizes.cases[0])
    report.compare(f"{first}: CPU / bare loop", f"{first}: CPU", f"{LIMIT}: CPU", "<=", 1.4)
    report.compare(f"{first}: rate / plain at its best", f"{first}: rate", "plain, best: rate", ">=", 6)
