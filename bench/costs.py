"""What one event uses of everything, in and out, and what that makes of 1,000 and of 10,000 events a second.

Events alone (a request and a courier's visit each) are the most expensive there is; batches in and a backlog out are
the cheapest. Life is between. The model is checked against drains by one and by two worker processes.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.model import Plant, most_on, needs
from bench.report.figures import Report
from bench.stage import backlog, rates
from bench.stage.client import Client
from bench.stage.events import posted
from bench.stage.meters import each, start_counting, stop_counting, used
from bench.stage.pace import steadily
from bench.stage.product import Product
from bench.stage.shops import Shop, new_token, open_shops
from bench.stage.stage import EVERYTHING, Stage
from config.demo import child

BATCH, CHATS = 100, 50
Cost = Mapping[str, float]


@dataclass(frozen=True)
class Sizes:
    """`alone` events at `rate` a second over the workspaces; `backlog` events in batches, then out."""

    workspaces: int
    alone: int
    rate: int
    backlog: int
    extrapolate: tuple[int, ...] = (1_000, 10_000)


FULL = Sizes(20, 600, 20, 20_000)
QUICK = Sizes(20, 60, 20, 2_000)


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("costs")
    start_counting(stage)
    try:
        for _ in range(rounds):
            _round(stage, sizes, report)
    finally:
        stop_counting(stage)
    report.note(f"Shares are of {Plant()}.")
    for workers in (1, 2):
        title = f"drain, {workers} worker{'s' * (workers > 1)}"
        report.compare(f"{title}: predicted / measured", f"{title}: predicted", f"{title}: measured", "<=", 1.3)
    return report


def _round(stage: Stage, sizes: Sizes, report: Report) -> None:
    with stage.product() as product:
        shops = open_shops([stage.receiver.url(number) for number in range(sizes.workspaces)])
        alone = _alone(stage, product, shops, sizes)
        into = _batches_in(stage, product, shops, sizes)
        out = _out(stage, product, shops, sizes, report, 1)
    with stage.product({**EVERYTHING, "worker": 2}) as product:
        shops = open_shops([stage.receiver.url(number) for number in range(sizes.workspaces)])
        backlog.accept(shops, sizes.backlog, CHATS * len(shops))
        _out(stage, product, shops, sizes, report, 2)
    together = {name: into[name] + out[name] for name in into}
    for title, cost in (("alone", alone), ("batch in", into), ("backlog out", out)):
        for name, value in cost.items():
            report.add(f"{title}: {name}", value, "an event")
    _extrapolate(report, sizes.extrapolate, {"alone": alone, "in batches": together})


def _alone(stage: Stage, product: Product, shops: Sequence[Shop], sizes: Sizes) -> Cost:
    """Each by itself, in and out."""
    client = Client(product.web_url, new_token())
    stage.receiver.forget()
    before = used(stage, product)

    def send(number: int) -> None:
        client.ingest(shops[number % len(shops)].workspace_id, [posted(number % CHATS)])

    steadily(sizes.rate, sizes.alone / sizes.rate, send)
    stage.receiver.wait_for(sizes.alone, 30)
    child.wait_until(lambda: backlog.unsettled() == 0, 10)
    return each(before, used(stage, product), sizes.alone)


def _batches_in(stage: Stage, product: Product, shops: Sequence[Shop], sizes: Sizes) -> Cost:
    """Nobody comes for them yet."""
    client = Client(product.web_url, new_token())
    backlog.hold(shops)
    before = used(stage, product)
    for number in range(sizes.backlog // BATCH):
        client.ingest(shops[number % len(shops)].workspace_id, [posted(turn % CHATS) for turn in range(BATCH)])
    after = used(stage, product)
    backlog.learn()
    return each(before, after, sizes.backlog)


def _out(stage: Stage, product: Product, shops: Sequence[Shop], sizes: Sizes, report: Report, workers: int) -> Cost:
    """All that waits, at full speed."""
    stage.receiver.forget()
    before = used(stage, product)
    backlog.let_go(shops)
    stage.receiver.wait_for(sizes.backlog, 120)
    child.wait_until(lambda: backlog.unsettled() == 0, 10)
    cost = each(before, used(stage, product), sizes.backlog)
    title = f"drain, {workers} worker{'s' * (workers > 1)}"
    report.add(f"{title}: measured", rates.per_second(stage.receiver.arrivals()), "deliveries/s")
    report.add(f"{title}: predicted", most_on(os.cpu_count() or 1, workers, cost), "deliveries/s")
    return cost


def _extrapolate(report: Report, rates_wanted: Sequence[int], costs: Mapping[str, Cost]) -> None:
    for rate in rates_wanted:
        for title, cost in costs.items():
            found = needs(cost, rate, Plant())
            title = f"{rate:,} events/s {title}"
            report.add(f"{title}: web processes", found.web_processes, "processes")
            report.add(f"{title}: worker processes", found.worker_processes, "processes")
            report.add(f"{title}: database", found.database_cores, "cores")
            report.add(f"{title}: database sessions", found.sessions, "sessions")
            report.add(f"{title}: broker", found.broker_cores, "cores")
            report.add(f"{title}: WAL", rate * cost["WAL bytes"] / 1e6, "MB/s")
            report.add(f"{title}: stored", found.stored_bytes_a_day / 1e9, "GB/day")
            name, share = found.full_first
            report.note(f"{title}: full first is the {name}, at {share:.0%}.")
