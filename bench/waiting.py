"""What events cost that wait on dead endpoints: memory of workers and broker, and POSTs that nobody takes."""

import time
from dataclasses import dataclass

from django.conf import settings

from bench import plain_runs
from bench.plain_runs import THREADS_REUSE
from bench.report.figures import Report
from bench.stage import backlog
from bench.stage.filling import fill
from bench.stage.processes import own_memory_mib
from bench.stage.product import Product
from bench.stage.shops import open_shops
from bench.stage.stage import Stage
from config.demo import child

CHATS = 200
WARM_UP = 200
#: Of `worker`, and of `troubled`: the Procfile's concurrency.
SLOTS = 64


@dataclass(frozen=True)
class Sizes:
    """`cases` are (events, dead endpoints); the first is for POSTs and the plain design, the last for memory."""

    cases: tuple[tuple[int, int], ...]
    seconds: float


FULL = Sizes(((10_000, 1), (100_000, 1), (100_000, 100), (100_000, 1_000)), 60)
QUICK = Sizes(((500, 1), (1_000, 10)), 5)


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("waiting")
    for _ in range(rounds):
        for case in sizes.cases:
            with stage.product() as product:
                _wait(stage, product, report, case, sizes.seconds)
        _plain(stage, report, sizes.cases[0][0], sizes.seconds)
    for case in sizes.cases:
        report.expect(f"{_title(case)}: worker memory growth, MiB", f"{_title(case)}: worker growth", "<=", 10)
        report.expect(f"{_title(case)}: broker growth, MiB", f"{_title(case)}: broker growth", "<=", 1)
    first = _title(sizes.cases[0])
    report.expect(f"{first}: POSTs in {sizes.seconds:g} s", f"{first}: POSTs", "<=", 15)
    return report


def _title(case: tuple[int, int]) -> str:
    return f"{case[0]:,} on {case[1]:,} dead"


def _wait(stage: Stage, product: Product, report: Report, case: tuple[int, int], seconds: float) -> None:
    events, endpoints = case
    _warm_up(stage)
    shops = open_shops([stage.receiver.url(number) for number in range(endpoints)])
    stage.receiver.behave(dict.fromkeys(range(endpoints), "failing"))
    fill(shops, events, max(CHATS, endpoints))
    stage.receiver.forget()
    worker, broker = product.memory_mib("worker", "troubled"), stage.broker_mib()
    backlog.let_go(shops)
    time.sleep(seconds)
    report.add(f"{_title(case)}: POSTs", stage.receiver.posts(), f"in {seconds:g} s")
    report.add(f"{_title(case)}: worker growth", product.memory_mib("worker", "troubled") - worker, "MiB")
    report.add(f"{_title(case)}: broker growth", stage.broker_mib() - broker, "MiB")
    stage.receiver.behave({})


def _warm_up(stage: Stage) -> None:
    """What a slot needs to send at all is not for those who wait: each of both programs has held one that hangs."""
    shops = open_shops([stage.receiver.url(number) for number in range(SLOTS)])
    stage.receiver.behave(dict.fromkeys(range(SLOTS), "hanging"))
    backlog.accept(shops, SLOTS, SLOTS)
    stage.receiver.forget()
    backlog.let_go(shops)
    if not child.wait_until(lambda: stage.receiver.posts() >= 2 * SLOTS, 60):
        raise RuntimeError(f"{stage.receiver.posts()} of {2 * SLOTS} POSTs came to warm up.")
    stage.receiver.behave({})
    # Until the last of them has come to its end.
    time.sleep(settings.HAPP_DEADLINE_SECONDS + 1)


def _plain(stage: Stage, report: Report, events: int, seconds: float) -> None:
    shops = open_shops([stage.receiver.url(0)])
    fill(shops, events, CHATS)
    with plain_runs.worker(stage, THREADS_REUSE) as worker:
        plain_runs.publish(stage, shops, WARM_UP)
        stage.receiver.forget()
        stage.receiver.wait_for(min(WARM_UP, events), 60)
        stage.receiver.behave({0: "failing"})
        stage.receiver.forget()
        memory = own_memory_mib([worker.process.pid])
        plain_runs.publish(stage, shops, events)
        time.sleep(seconds)
        report.add(f"plain, {events:,} on 1 dead: POSTs", stage.receiver.posts(), f"in {seconds:g} s")
        growth = own_memory_mib([worker.process.pid]) - memory
        report.add(f"plain, {events:,} on 1 dead: worker growth", growth, "MiB")
    stage.receiver.behave({})
