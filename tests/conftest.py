"""What every test may use: a receiver on a socket, a workspace, its connection, events, and a courier's visit."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.conf import settings
from django.db import connection as database

from deliveries import own_fault
from deliveries.connections import Settings, SigningSecrets, open_connection
from deliveries.courier.run import empty
from deliveries.intake import Accepted, take_in
from deliveries.models import Connection
from deliveries.sealing import seal
from happ_webhooks.history.events import IncomingEvent
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.signature import new_signing_secret
from tests.receiver import Receiver

SHORT_LADDER = Ladder((0.2, 0.2, 0.2))


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
    """A courier comes by now, whatever waits or not; returns its word."""
    make_due(connection)
    return empty(connection.pk)[0]


def make_due(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk, wake_at=None).update(wake_at=datetime.now(UTC) - timedelta(seconds=1))
    with database.cursor() as cursor:
        cursor.execute("UPDATE deliveries_connection SET wake_at = now() WHERE id = %s", [connection.pk])


Visit = Callable[[Connection], str]
