"""What Prometheus is told from the database: the same whoever is asked, at a cost that is bounded."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from django.db import Error as DatabaseError
from django.db import connection as database
from django.db import transaction
from prometheus_client.core import GaugeMetricFamily

from deliveries import heartbeats, own_fault, platform
from deliveries.heartbeats import LATE_SECONDS, SILENT_SECONDS
from deliveries.overdue import OVERDUE_SECONDS, open_connections
from deliveries.wakes import CONTROL, FRESH, TROUBLED

#: A scrape must not pile up behind a migration that holds a table.
PATIENCE_MS = 3000
#: Counting costs 1 ms for each thousand.
COUNTED = 10_000

Family = GaugeMetricFamily


def read() -> Iterator[Family]:
    """Every gauge, or `happ_database_up 0` alone. Six or seven statements in one transaction."""
    try:
        with transaction.atomic():
            with database.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            found = list(chain(*(part() for part in PARTS)))
    except DatabaseError:
        yield _one("happ_database_up", "Whether the database answers.", 0)
        return
    yield _one("happ_database_up", "Whether the database answers.", 1)
    yield from found


def _connections() -> Iterator[Family]:
    found = open_connections()
    yield _one("happ_open_connections", "Connected workspaces.", found.count)
    yield _one("happ_failing_connections", "Those whose last try failed.", found.failing)
    yield _one("happ_down_connections", "Those whose endpoint did not answer a ping.", found.down)
    yield _one("happ_couriers", "Couriers that hold a lease.", found.couriers)
    yield _by(
        "happ_oldest_overdue_seconds",
        "How long the longest-waiting connection has been due without a courier coming for it.",
        "queue",
        found.oldest,
    )
    yield _by(
        "happ_overdue_connections",
        f"Connections due for {OVERDUE_SECONDS} s and more without a courier coming for them.",
        "queue",
        found.late,
    )


def _waiting() -> Iterator[Family]:
    waiting = platform.waiting(COUNTED)
    count = _estimate(waiting.count) if waiting.capped else waiting.count
    yield _one("happ_pending_deliveries", f"Deliveries that wait; from {COUNTED:,} on an estimate.", count)
    yield _one("happ_oldest_pending_seconds", "Age of the oldest of them.", waiting.oldest_seconds)


def _estimate(least: int) -> float:
    """What PostgreSQL noted at its last vacuum or analyze, which many new rows bring about within minutes."""
    with database.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'delivery_pending'::regclass")
        (noted,) = cursor.fetchone() or (0,)
    return max(float(noted), least)


def _endpoints() -> Iterator[Family]:
    tried, unreachable = own_fault.endpoints_of_late()
    yield _one("happ_tried_endpoints", "Hosts tried in the last 75 s, without those down for 12 hours.", tried)
    yield _one("happ_unreachable_endpoints", "Those of them that cannot be reached at all.", unreachable)


def _processes() -> Iterator[Family]:
    signs = heartbeats.signs()
    states = [sign.state for sign in signs.workers]
    yield _by(
        "happ_workers",
        f"Worker processes: seen in the last {LATE_SECONDS} s (alive), {SILENT_SECONDS} s (late), or not (silent).",
        "state",
        {state: states.count(state) for state in ("alive", "late", "silent")},
    )
    alive = [queue for sign in signs.workers if sign.state == "alive" for queue in sign.queues]
    yield _by(
        "happ_queue_workers",
        "Worker processes alive that serve a queue.",
        "queue",
        {queue: alive.count(queue) for queue in (FRESH, TROUBLED, CONTROL)},
    )
    age = signs.beat.seconds if signs.beat else float("inf")
    yield _one("happ_beat_age_seconds", "Since a worker last ran a sweep that beat sent; +Inf before the first.", age)


PARTS: tuple[Callable[[], Iterator[Family]], ...] = (_connections, _waiting, _endpoints, _processes)


def _one(name: str, text: str, value: float) -> Family:
    return Family(name, text, value=float(value))


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> Family:
    family = Family(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], float(number))
    return family
