"""How many events a second are taken in, and how long one request takes, beside a bare INSERT.

Through HTTP by one web process, and through the intake itself by one process. No worker runs: what is accepted waits.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from bench.insert import BareInsert
from bench.report.figures import Report, percentiles
from bench.stage.client import Client
from bench.stage.events import posted
from bench.stage.pace import side_by_side
from bench.stage.shops import Shop, new_token, open_shops
from bench.stage.stage import Stage
from deliveries.api.incoming import incoming_events
from deliveries.intake import take_in
from deliveries.models import Delivery

CHATS = 50
ONE_PROCESS = {"--workers 2": "--workers 1"}


@dataclass(frozen=True)
class Sizes:
    """`cases` are (events a request, writers, workspaces); each is measured for `seconds`."""

    cases: tuple[tuple[int, int, int], ...]
    seconds: float


CASES = tuple((batch, writers, shops) for batch in (1, 100) for writers in (1, 8) for shops in (1, 20))
FULL = Sizes(CASES, 5)
QUICK = Sizes(((1, 1, 1), (100, 8, 20)), 1)
SINGLE, BATCHES = (1, 1, 1), (100, 8, 20)
BARE, HTTP, INTAKE = "bare insert", "HTTP", "intake"


class Door(Protocol):
    """Something that takes events in."""

    def ingest(self, workspace_id: str, events: Sequence[Any]) -> None: ...


class Intake:
    """The product's own functions, without HTTP: checking, numbering, recording, owing."""

    def ingest(self, workspace_id: str, events: Sequence[Any]) -> None:
        take_in(workspace_id, incoming_events({"events": list(events)}))


def measure(stage: Stage, sizes: Sizes, rounds: int) -> Report:
    report = Report("ingest")
    for _ in range(rounds):
        with stage.product({"web": 1}, ONE_PROCESS) as product:
            doors: dict[str, Callable[[], Door]] = {
                BARE: lambda: BareInsert(stage),
                INTAKE: Intake,
                HTTP: lambda: Client(product.web_url, new_token()),
            }
            for case in sizes.cases:
                for name, door in doors.items():
                    shops = open_shops([stage.receiver.url(number) for number in range(case[2])])
                    sent = _measure(report, f"{name}, {_title(case)}", door(), shops, case, sizes.seconds)
                    if name != BARE:
                        _check(sent)
    for name in (INTAKE, HTTP):
        title = f"{name}, {_title(BATCHES)}: rate"
        report.expect(f"{title}, events/s", title, ">=", 8000)
        title = f"{name}, {_title(SINGLE)}: p99"
        report.compare(f"{title} / bare insert's", title, f"{BARE}, {_title(SINGLE)}: p99", "<=", 3)
    return report


def _title(case: tuple[int, int, int]) -> str:
    batch, writers, shops = case
    size = "single" if batch == 1 else f"batches of {batch}"
    return f"{size}, {writers} writer{'s' * (writers > 1)}, {shops} workspace{'s' * (shops > 1)}"


def _measure(
    report: Report, title: str, door: Door, shops: Sequence[Shop], case: tuple[int, int, int], seconds: float
) -> int:
    """After a tenth of the time, in which sessions are opened; returns how many events went in altogether."""
    batch, writers, _ = case
    numbers, times, sent = count(), list[float](), list[int]()
    counted_from = time.monotonic() + seconds / 10
    end = counted_from + seconds

    def write() -> None:
        # At least one counts, however busy the machine is.
        while (began := time.monotonic()) < end or not times:
            number = next(numbers)
            events = [posted((number + each) % CHATS) for each in range(batch)]
            asked = time.monotonic()
            door.ingest(shops[number % len(shops)].workspace_id, events)
            sent.append(batch)
            if began >= counted_from:
                times.append(time.monotonic() - asked)

    side_by_side(write, writers)
    report.add(f"{title}: rate", len(times) * batch / seconds, "events/s")
    for name in ("p50", "p99"):
        report.add(f"{title}: {name}", percentiles(times)[name] * 1000, "ms")
    return sum(sent)


def _check(sent: int) -> None:
    """What was answered 202 is there, and owed: RuntimeError else."""
    owed = Delivery.objects.filter(event__sequence__gt=0).count()
    if owed != sent:
        raise RuntimeError(f"{sent} events were accepted, {owed} are recorded and owed.")
