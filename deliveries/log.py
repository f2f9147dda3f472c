"""The delivery log: what became of each event, newest first. Ids, codes and times; never content."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from deliveries.models import CloseReason, Connection, Delivery, Status

CURSOR = "^s[0-9]{1,18}$"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the log is narrowed to; None is everything. Times are over the event's recorded_at."""

    status: str | None = None
    channel: str | None = None
    chat_id: str | None = None
    error: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def as_settled(deliveries: "QuerySet[Delivery]") -> "QuerySet[Delivery]":
    """Deliveries with `stands` and `because`: a pending one of a closed connection counts as settled at once."""
    closed = Q(status=Status.PENDING, connection__closed_at__isnull=False)
    disconnected = closed & Q(connection__close_reason=CloseReason.DISCONNECTED)
    return deliveries.annotate(
        stands=Case(
            When(disconnected, then=Value(Status.CANCELLED.value)),
            When(closed, then=Value(Status.DROPPED.value)),
            default=F("status"),
            output_field=CharField(),
        ),
        because=Case(When(closed, then=F("connection__close_reason")), default=F("reason"), output_field=CharField()),
    )


def deliveries_of(workspace_id: str, filters: Filters) -> "QuerySet[Delivery]":
    """The workspace's deliveries, newest first."""
    found = Delivery.objects.filter(workspace_id=workspace_id)
    if filters.status is not None:
        found = found.filter(_status(workspace_id, filters.status))
    exact = {"channel": filters.channel, "chat_id": filters.chat_id, "last_error": filters.error}
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    bounds = {"recorded_at__gte": filters.since, "recorded_at__lt": filters.until, "sequence__lt": filters.before}
    found = found.filter(**{name: value for name, value in bounds.items() if value is not None})
    return as_settled(found.select_related("connection")).order_by("-sequence")


def _status(workspace_id: str, status: str) -> Q:
    closed = Connection.objects.filter(workspace_id=workspace_id, closed_at__isnull=False, settled_at=None)
    unsettled = Q(status=Status.PENDING, connection__in=closed)
    if status == Status.PENDING:
        return Q(status=Status.PENDING) & ~unsettled
    disconnected = Q(connection__close_reason=CloseReason.DISCONNECTED)
    if status == Status.CANCELLED:
        return Q(status=status) | (unsettled & disconnected)
    if status == Status.DROPPED:
        return Q(status=status) | (unsettled & ~disconnected)
    return Q(status=status)


def cursor_after(sequence: int) -> str:
    """A place in the log."""
    return f"s{sequence}"


def sequence_of(cursor: str) -> int:
    """The sequence of a cursor. Raises ValueError."""
    if not re.fullmatch(CURSOR, cursor):
        raise ValueError
    return int(cursor[1:])
