"""What waits at a connection: counts and times, never content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.db.models import OuterRef, Subquery

from deliveries.models import COUNTED, Connection, Delivery, DeliveryAttempt, Status

# A chat waits behind its first event, so as many events as were tried and wait, as many chats do.
FACTS = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries_delivery
         WHERE connection_id = %(connection)s AND status = 'pending' LIMIT %(most)s) AS counted),
       (SELECT recorded_at FROM deliveries_delivery
         WHERE connection_id = %(connection)s AND status = 'pending' ORDER BY sequence LIMIT 1),
       (SELECT count(*) FROM (SELECT 1 FROM deliveries_delivery
         WHERE connection_id = %(connection)s AND status = 'pending' AND attempts > 0 LIMIT %(most)s) AS heads)
"""
COUNTS = """
SELECT c.id, (SELECT count(*) FROM (SELECT 1 FROM deliveries_delivery
               WHERE connection_id = c.id AND status = 'pending' LIMIT %s) AS counted)
  FROM deliveries_connection c WHERE c.id = ANY(%s) AND c.closed_at IS NULL
"""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """`count` goes up to COUNTED, then `capped`; `failing_chats` are those whose head waits for a retry."""

    count: int = 0
    capped: bool = False
    oldest_at: datetime | None = None
    failing_chats: int = 0


@dataclass(frozen=True, kw_only=True)
class FailingEvent:
    """The oldest event that waits for a retry; `second_attempt_at` is None before its second try."""

    delivery: Delivery
    second_attempt_at: datetime | None


def waiting_at(connection: Connection | None) -> Waiting:
    """What waits; nothing at a closed connection, where all counts as settled at once."""
    if connection is None or not connection.is_open:
        return Waiting()
    with database.cursor() as cursor:
        cursor.execute(FACTS, {"connection": connection.pk, "most": COUNTED + 1})
        count, oldest_at, chats = cursor.fetchone() or (0, None, 0)
    return Waiting(count=min(count, COUNTED), capped=count > COUNTED, oldest_at=oldest_at, failing_chats=chats)


def counts_at(connection_ids: Sequence[int]) -> dict[int, int]:
    """How many deliveries wait at each of these connections that is open; COUNTED + 1 stands for more than that."""
    with database.cursor() as cursor:
        cursor.execute(COUNTS, [COUNTED + 1, list(connection_ids)])
        return dict(cursor.fetchall())


def oldest_failing(connection: Connection) -> FailingEvent | None:
    """The oldest event of an open connection that was tried and waits for its next try."""
    second = DeliveryAttempt.objects.filter(delivery_id=OuterRef("pk"), number=2).values("started_at")[:1]
    tried = Delivery.objects.filter(connection=connection, status=Status.PENDING, attempts__gt=0)
    found = tried.annotate(second_attempt_at=Subquery(second)).order_by("sequence").first()
    return FailingEvent(delivery=found, second_attempt_at=found.second_attempt_at) if found else None
