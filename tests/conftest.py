"""What every test may use: a receiver on a socket, a workspace, its connection, events, and a courier's visit."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import cast

import pytest
from _pytest.nodeid import coerce_node_id
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now as TransactionNow
from pytest_django.plugin import DjangoDbBlocker

from deliveries import own_fault
from deliveries.connections import Settings, SigningSecrets, open_connection
from deliveries.courier.visit import visit as courier_visit
from deliveries.intake import Accepted, take_in
from deliveries.models import Connection, Delivery, DeliveryAttempt
from deliveries.sealing import seal
from happ_webhooks.history import prepared
from happ_webhooks.history.events import IncomingEvent
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.signature import new_signing_secret
from tests import broker, pooled
from tests.receiver import Receiver

SHORT_LADDER = Ladder((0.2, 0.2, 0.2))

broker.take_own_database()
# A test holds a transaction for as long as it runs, on a busy machine longer than any process of ours may.
patience = cast("dict[str, str]", settings.DATABASES["default"]["OPTIONS"])
patience["options"] += " -c idle_in_transaction_session_timeout=0"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Before a database is made."""
    if pooled.is_pooled():
        pooled.lead_to(pooled.DIRECT)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    if not pooled.is_pooled():
        yield
        return
    pooled.lead_to("DATABASE_URL")
    yield
    with django_db_blocker.unblock():
        pooled.lead_to(pooled.DIRECT)
        pooled.end_sessions()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def workspace(transactional_db: None) -> Workspace:
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def short_ladder(monkeypatch: pytest.MonkeyPatch) -> Ladder:
    monkeypatch.setattr(settings, "HAPP_RETRY_LADDER", SHORT_LADDER)
    return SHORT_LADDER


@pytest.fixture
def as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement is prepared, so that what is captured is its text."""
    monkeypatch.setattr(prepared, "RUNS_BEFORE", sys.maxsize)


@pytest.fixture(autouse=True)
def forget_own_faults() -> Iterator[None]:
    own_fault.forget()
    yield
    own_fault.forget()


_numbers = count(1)


def incoming(chat: str = "chat_1", channel: str = "telegram", text: str = "Доброго дня!") -> IncomingEvent:
    return IncomingEvent(
        source_id=f"source-{next(_numbers)}",
        type="message.received",
        channel=channel,
        chat_id=chat,
        occurred_at=datetime.now(UTC),
        data={"message": {"text": text}, "sender": {"name": "Олена"}},
    )


def record(workspace: Workspace, *chats: str) -> list[Accepted]:
    """One event in each of the named chats, in order."""
    return take_in(workspace.pk, [incoming(chat) for chat in chats])


def connect(workspace: Workspace, url: str, password: str = "") -> Connection:
    secrets = SigningSecrets(current=seal(new_signing_secret()))
    chosen = Settings(url=url, password=seal(password), auth={"scheme": "bearer"})
    return open_connection(workspace.pk, chosen, secrets, Outcome(status_code=200, response_ms=5))


def visit(connection: Connection) -> str:
    """A courier comes by now, whatever is due; returns its word."""
    Connection.objects.filter(pk=connection.pk).update(wake_at=TransactionNow())
    return courier_visit(connection.pk)[0]


def visits(connection: Connection, limit: int = 200) -> str:
    """Couriers come by until nothing is due by now."""
    for _ in range(limit):
        word, released = courier_visit(connection.pk)
        if not released.wake_now:
            return word
    raise AssertionError("The courier never came to rest.")


TIMES = {
    Connection: (
        "opened_at edited_at last_attempt_at last_success_at last_accepted_at failing_since down_since next_ping_at "
        "heads_due_at paused_until lease_until wake_at wake_sent_at retry_at"
    ),
    Delivery: "recorded_at failing_since first_attempt_at last_attempt_at next_attempt_at",
    DeliveryAttempt: "started_at",
}


def time_passes(seconds: float) -> None:
    """Moves everything that has happened into the past, instead of waiting."""
    for model, names in TIMES.items():
        moved = {name: F(name) - timedelta(seconds=seconds) for name in names.split()}
        model._default_manager.update(**moved)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Schemathesis gives all operations of a test one node id, of which parallel workers would run one."""
    for item in items:
        if not item.nodeid.endswith(item.name):
            item._id = coerce_node_id(f"{item.nodeid.rpartition('::')[0]}::{item.name}")
