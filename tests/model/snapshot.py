"""A connection as the database has it, in the reference's words; and what tells two of them apart."""

from dataclasses import fields
from datetime import datetime

from django.conf import settings

from deliveries.models import Connection, Delivery, DeliveryAttempt
from tests.model.reference import BLUR, Endpoint, Event, Reference


def seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def snapshot(connection_id: int) -> Reference:
    connection = Connection.objects.get(pk=connection_id)
    second = dict(
        DeliveryAttempt.objects.filter(connection=connection, number=2).values_list("delivery_id", "started_at")
    )
    deliveries = Delivery.objects.filter(connection=connection).order_by("sequence")
    return Reference(
        steps=settings.HAPP_RETRY_LADDER.steps,
        deadline=float(settings.HAPP_DEADLINE_SECONDS),
        events={each.pk: _event(each, seconds(second.get(each.pk))) for each in deliveries},
        endpoint=_endpoint(connection),
        closed=connection.close_reason,
    )


def _event(delivery: Delivery, second_try: float | None) -> Event:
    return Event(
        id=delivery.pk,
        sequence=delivery.sequence,
        chat=delivery.chat_id,
        recorded_at=delivery.recorded_at.timestamp(),
        status=delivery.status,
        reason=delivery.reason,
        rung=delivery.rung,
        attempts=delivery.attempts,
        early_spent=delivery.early_spent,
        failing_since=seconds(delivery.failing_since),
        last_try=seconds(delivery.last_attempt_at),
        second_try=second_try,
        due=seconds(delivery.next_attempt_at),
        settled_at=seconds(delivery.settled_at),
        last_error=delivery.last_error,
    )


def _endpoint(connection: Connection) -> Endpoint:
    return Endpoint(
        failing_since=seconds(connection.failing_since),
        failures_in_row=connection.failures_in_row,
        last_attempt=seconds(connection.last_attempt_at),
        last_accepted=seconds(connection.last_accepted_at),
        down_since=seconds(connection.down_since),
        ping_rung=connection.ping_rung,
        ping_due=seconds(connection.next_ping_at),
        heads_due=seconds(connection.heads_due_at),
        paused_until=seconds(connection.paused_until),
        dropped_chats=[chat.partition(":")[2] for chat in connection.dropped_chats],
    )


def differences(expected: Reference, found: Reference) -> list[str]:
    """What differs, as sentences; moments are the same within BLUR."""
    told = [] if expected.closed == found.closed else [f"closed: {expected.closed!r}, found {found.closed!r}"]
    told += _between("endpoint", expected.endpoint, found.endpoint)
    for key in expected.events.keys() | found.events.keys():
        if key not in expected.events or key not in found.events:
            told.append(f"{key} is in one of them only")
        else:
            event = expected.events[key]
            told += _between(f"event {event.sequence} of {event.chat}", event, found.events[key])
    return told


def _between(name: str, expected: Event | Endpoint, found: Event | Endpoint) -> list[str]:
    told = []
    for column in fields(expected):
        should, does = getattr(expected, column.name), getattr(found, column.name)
        if not _same(should, does):
            told.append(f"{name}: {column.name} should be {should!r}, is {does!r}")
    return told


def _same(expected: object, found: object) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return abs(expected - found) <= BLUR
    return expected == found
