"""Where deliveries stand: a pending one of a closed connection counts as settled at once."""

from datetime import datetime

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from deliveries.models import CloseReason, Connection, Delivery, Status


def as_settled(deliveries: "QuerySet[Delivery]") -> "QuerySet[Delivery]":
    """Deliveries with `stands` and `because`, whatever the sweeper has not come to yet."""
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


def next_try_at(delivery: Delivery, connection: Connection) -> datetime | None:
    """When a pending delivery is tried again; a pause that its receiver asked for holds for the whole endpoint."""
    due, paused_until = delivery.next_attempt_at, connection.paused_until
    return max(due, paused_until) if due and paused_until else due
