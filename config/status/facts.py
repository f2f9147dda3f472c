"""What the status is made of, read within a time that is bounded while database or broker hang or are away."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from django.db import Error as DatabaseError
from django.db import connection as database
from django.db import transaction

from config.probes import broker
from config.probes.broker import Broker
from config.probes.database import SILENT, answer_ms, kind_of
from config.probes.limit import within
from config.probes.schema import Schema, schema
from deliveries import flow, heartbeats, overdue, own_fault, platform
from deliveries.flow import Minute
from deliveries.heartbeats import Signs
from deliveries.overdue import OpenConnections
from deliveries.platform import Waiting

LIMIT_SECONDS = 1.5
COUNTED = 10_000


@dataclass(frozen=True)
class Figures:
    """`endpoints` are those tried of late, and those of them that cannot be reached."""

    minutes: list[Minute]
    waiting: Waiting
    connections: OpenConnections
    endpoints: tuple[int, int]
    signs: Signs


@dataclass
class Facts:
    """`database_ms` is None while the database does not answer; what it tells is None if it did not come in time.

    `database_problem` says why either did not.
    """

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    broker: Broker = field(default_factory=Broker)
    database_ms: int | None = None
    database_problem: str = SILENT
    schema: Schema | None = None
    figures: Figures | None = None


def read(limit_seconds: float = LIMIT_SECONDS) -> Facts:
    """Of broker and database side by side, over new connections."""
    found = Facts()
    within(limit_seconds, partial(broker.note, found.broker), partial(_note_database, found, limit_seconds))
    return found


def _note_database(found: Facts, limit_seconds: float) -> None:
    try:
        with transaction.atomic():
            found.database_ms = answer_ms(limit_seconds)
            found.schema = schema()
            found.figures = figures(found.at)
    except DatabaseError as problem:
        found.database_problem = kind_of(problem)
    finally:
        database.close()


def figures(now: datetime) -> Figures:
    """Six statements. Raises DatabaseError."""
    return Figures(
        flow.last_minutes(now),
        platform.waiting(COUNTED),
        overdue.open_connections(),
        own_fault.endpoints_of_late(),
        heartbeats.signs(),
    )
