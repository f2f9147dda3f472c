"""Every state that a workspace's Chat Webhook can be in, set in the database as the courier would have left it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from deliveries.connections import close, disconnect_workspace
from deliveries.intake import take_in
from deliveries.models import CloseReason, Connection, Delivery, DeliveryAttempt, Status
from happ_webhooks.history.events import IncomingEvent, lock_workspace
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.envelope import CHANNELS
from tests.conftest import connect, incoming

URL = "https://crm.kvity.example/happ/webhook?token=dc9b1e"
LONG_URL = f"https://{'довгий-домен-' * 4}кав-ярня.example/{'hook/' * 30}?token=" + "k" * 60
HOURS = 20
DELIVERED = 60


def not_connected(shop: Workspace) -> None:
    """Nothing was ever connected."""


def nothing_yet(shop: Workspace) -> None:
    connect(shop, URL, "s3cret")


def delivering(shop: Workspace, url: str = URL) -> Connection:
    """A day of deliveries: most at once, some at the second try, one dropped."""
    connection = connect(shop, url, "s3cret")
    now = timezone.now()
    Connection.objects.filter(pk=connection.pk).update(
        opened_at=now - timedelta(days=3),
        edited_at=now - timedelta(days=2),
        last_attempt_at=now - timedelta(seconds=12),
        last_success_at=now - timedelta(seconds=12),
        last_accepted_at=now - timedelta(seconds=12),
        last_response_ms=214,
    )
    accepted = take_in(shop.pk, [event(number) for number in range(DELIVERED)])
    owed = Delivery.objects.in_bulk([each.id for each in accepted])
    attempts: list[DeliveryAttempt] = []
    for number, delivery in enumerate(owed[each.id] for each in accepted):
        at = now - timedelta(hours=HOURS) * (1 - number / DELIVERED)
        failures = (["HTTP_500"] if number % 9 == 4 else []) + (["TIMEOUT"] if number % 20 == 13 else [])
        attempts += settle(delivery, at, failures, dropped=number == 31)
    DeliveryAttempt.objects.bulk_create(attempts)
    Delivery.objects.bulk_update(owed.values(), SETTLED)
    return connection


def failing(shop: Workspace, error: str = "HTTP_401") -> Connection:
    """Two chats wait: one tried three times, one behind it."""
    connection = delivering(shop)
    now = timezone.now()
    first, *_ = take_in(shop.pk, [event(1), event(1), event(2)])
    delivery = Delivery.objects.get(pk=first.id)
    moments = [now - timedelta(seconds=ago) for ago in (190, 185, 155)]
    tries = [attempt(delivery, number, at, error) for number, at in enumerate(moments, start=1)]
    DeliveryAttempt.objects.bulk_create(tries)
    Delivery.objects.filter(pk=first.id).update(**tried(tries), next_attempt_at=now + timedelta(minutes=7))
    Connection.objects.filter(pk=connection.pk).update(
        failing_since=now - timedelta(seconds=190),
        failures_in_row=3,
        last_error=error,
        last_status_code=status_of(error),
        last_attempt_at=now - timedelta(seconds=155),
        last_success_at=now - timedelta(seconds=240),
        last_accepted_at=now - timedelta(seconds=240),
    )
    connection.refresh_from_db()
    return connection


def down(shop: Workspace) -> None:
    """The endpoint does not even answer a ping."""
    connection = failing(shop, "TIMEOUT")
    connection.down_since = connection.failing_since
    connection.next_ping_at = timezone.now() + timedelta(seconds=40)
    connection.save()


def backlog(shop: Workspace) -> None:
    """Much waits, and nothing fails."""
    delivering(shop)
    take_in(shop.pk, [event(number) for number in range(400)])


def stopped(shop: Workspace, reason: CloseReason = CloseReason.MAX_RETRIES_EXCEEDED) -> None:
    """The stream ended; what came since is missed too."""
    connection = failing(shop, "HTTP_404")
    began = timezone.now() - timedelta(hours=4, minutes=33)
    Connection.objects.filter(pk=connection.pk).update(
        failing_since=began, last_success_at=began - timedelta(minutes=2), last_accepted_at=began - timedelta(minutes=2)
    )
    connection.refresh_from_db()
    with transaction.atomic():
        close(connection, lock_workspace(shop.pk), reason, timezone.now())
    take_in(shop.pk, [event(number) for number in range(44)])


def gone(shop: Workspace) -> None:
    stopped(shop, CloseReason.GONE)


def disconnected(shop: Workspace) -> None:
    failing(shop)
    disconnect_workspace(shop.pk)
    take_in(shop.pk, [event(5)])


def reconnected(shop: Workspace) -> None:
    """Connected again after a stop: the gap can be fetched."""
    stopped(shop)
    disconnect_workspace(shop.pk)
    connect(shop, URL)


def long_words(shop: Workspace) -> None:
    """Nothing has a place to break: neither the names nor the address."""
    Workspace.objects.filter(pk=shop.pk).update(name="Найдовша_назва_крамниці_без_жодного_пробілу_" * 3)
    delivering(shop, LONG_URL)


STATES: dict[str, Callable[[Workspace], object]] = {
    state.__name__.replace("_", "-"): state
    for state in (
        *(not_connected, nothing_yet, delivering, failing, down, backlog),
        *(stopped, gone, disconnected, reconnected, long_words),
    )
}


def event(number: int) -> IncomingEvent:
    return incoming(f"chat_{number % 7:04}", sorted(CHANNELS)[number % 5])


def settle(delivery: Delivery, at: datetime, failures: list[str], *, dropped: bool) -> list[DeliveryAttempt]:
    """Sets what became of an event that was recorded at `at`; returns its tries. Neither is saved."""
    errors = failures * 4 if dropped else [*failures, ""]
    moments = [at + timedelta(seconds=5 * number * number) for number in range(len(errors))]
    made = zip(moments, errors, strict=True)
    tries = [attempt(delivery, number, moment, error) for number, (moment, error) in enumerate(made, start=1)]
    outcome = tried(tries) | {
        "status": Status.DROPPED if dropped else Status.DELIVERED,
        "reason": "MAX_RETRIES_EXCEEDED" if dropped else "",
        "recorded_at": at,
        "settled_at": moments[-1],
    }
    for name, value in outcome.items():
        setattr(delivery, name, value)
    return tries


def tried(tries: list[DeliveryAttempt]) -> dict[str, object]:
    """What a delivery holds after these tries."""
    last = tries[-1]
    return {
        "attempts": len(tries),
        "rung": sum(bool(each.error) for each in tries),
        "failing_since": tries[0].started_at if last.error else None,
        "first_attempt_at": tries[0].started_at,
        "last_attempt_at": last.started_at,
        "last_error": last.error,
        "last_status_code": last.status_code,
        "last_response_ms": last.response_ms,
    }


SETTLED = [
    *("status", "reason", "recorded_at", "settled_at", "attempts", "rung", "failing_since", "first_attempt_at"),
    *("last_attempt_at", "last_error", "last_status_code", "last_response_ms"),
]


def attempt(delivery: Delivery, number: int, at: datetime, error: str) -> DeliveryAttempt:
    slow = error == "TIMEOUT"
    return DeliveryAttempt(
        delivery=delivery,
        connection_id=delivery.connection_id,
        number=number,
        started_at=at,
        response_ms=5000 if slow else 180 + number * 17,
        dns_ms=4,
        connect_ms=21,
        tls_ms=38,
        first_byte_ms=None if slow else 117,
        status_code=status_of(error),
        error=error,
        detail="No answer within 5 seconds." if slow else "",
    )


def status_of(error: str) -> int | None:
    """What was answered: the number in the code, 200 where there is no error."""
    return None if error == "TIMEOUT" else int(error.removeprefix("HTTP_") or 200)
