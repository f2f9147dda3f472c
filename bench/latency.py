"""How long after its acceptance an event arrives at a steady rate, beside a bare Celery round trip."""

from dataclasses import dataclass

from bench import round_trips
from bench.report.figures import Report
from bench.stage.client import Client
from bench.stage.delays import delays
from bench.stage.events import posted
from bench.stage.pace import steadily
from bench.stage.product import Product
from bench.stage.shops import Shop, new_token, open_shops
from bench.stage.stage import Stage

CHATS = 50


@dataclass(frozen=True)
class Sizes:
    """`rates` in events a second; at each rate they go to one workspace, then to many."""

    rates: tuple[int, ...]
    workspaces: tuple[int, ...]
    seconds: float


FULL = Sizes((20, 50, 200), (1, 20), 15)
QUICK = Sizes((50,), (1,), 3)


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("latency")
    for _ in range(rounds):
        with round_trips.worker(stage):
            for rate in sizes.rates:
                report.add_times(_reference(rate), round_trips.times(stage, rate, sizes.seconds))
        with stage.product() as product:
            for count in sizes.workspaces:
                shops = open_shops([stage.receiver.url(number) for number in range(count)])
                for rate in sizes.rates:
                    found = _delays(stage, product, shops, rate, sizes.seconds)
                    report.add_times(_title(rate, count), found)
    for count in sizes.workspaces:
        for rate in sizes.rates:
            _compare(report, rate, count)
    return report


def _reference(rate: int) -> str:
    return f"Celery round trip, {rate}/s:"


def _title(rate: int, workspaces: int) -> str:
    return f"accept to arrival, {rate}/s, {workspaces} workspace{'s' * (workspaces > 1)}:"


def _delays(stage: Stage, product: Product, shops: list[Shop], rate: int, seconds: float) -> list[float]:
    """The first second, in which sessions and connections are made, is left out."""
    client = Client(product.web_url, new_token())
    stage.receiver.forget()

    def send(number: int) -> None:
        client.ingest(shops[number % len(shops)].workspace_id, [posted(number // len(shops) % CHATS)])

    steadily(rate, seconds + 1, send)
    stage.receiver.wait_for(int(rate * (seconds + 1)), 30)
    arrivals = stage.receiver.arrivals()
    found = delays(arrivals, [shop.workspace_id for shop in shops])[-len(arrivals) :]
    return [delay for at, delay in found if at >= found[0][0] + 1]


def _compare(report: Report, rate: int, workspaces: int) -> None:
    ours, reference = _title(rate, workspaces), _reference(rate)
    report.compare(f"{ours} p50 / round trip's", f"{ours} p50", f"{reference} p50", "<=", 2)
    if rate == 50:
        report.compare(f"{ours} p99 / p50", f"{ours} p99", f"{ours} p50", "<=", 5)
