"""How often a courier looks for what is new, and how much it reads at a time."""

import threading
from contextlib import ExitStack

import pytest
from django.db import connection as database
from django.utils import timezone

from deliveries.courier import claims
from deliveries.courier.backlog import Backlog
from deliveries.courier.slots import one_taken
from deliveries.courier.visit import visit as courier_visit
from deliveries.models import Connection
from deliveries.standing import Health
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record
from tests.receiver import Receiver, Reply

NOW = timezone.now()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sequences after which couriers looked for what is new."""
    read, found = claims.new, []

    def counted(connection_id: int, after: int, passed: list[str], limit: int) -> claims.Claim:
        found.append(after)
        return read(connection_id, after, passed, limit)

    monkeypatch.setattr(claims, "new", counted)
    return found


def test_beside_an_endpoint_that_hangs_a_courier_looks_ever_more_rarely(
    workspace: Workspace, receiver: Receiver, looks: list[int]
) -> None:
    connection = connect(workspace, receiver.url)
    Connection.objects.update(window=2)
    record(workspace, "chat_1")
    receiver.script = lambda arrival: Reply(delay=1)

    courier_visit(connection.pk)

    # At 0, 0.02, 0.06, 0.14, 0.3, 0.55 and 0.8 s, and once it was recorded.
    assert len(looks) <= 8


def test_what_comes_while_an_endpoint_hangs_is_found_all_the_same(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    Connection.objects.update(window=2)
    record(workspace, "chat_1")

    def record_another() -> None:
        record(workspace, "chat_2")
        database.close()

    later = threading.Timer(0.2, record_another)
    receiver.script = lambda arrival: Reply(delay=2)

    later.start()
    courier_visit(connection.pk)
    later.join()

    first, second = receiver.arrivals
    assert second.at < first.at + 2


def test_each_look_at_a_deep_backlog_reads_twice_as_many(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, *(f"chat_{number}" for number in range(500)))
    backlog = Backlog(connection.pk, workspace.pk)

    queued = []
    for _ in range(5):
        backlog.look(Health(), NOW)
        queued.append(backlog.chats.queued)

    assert queued == [32, 32 + 64, 32 + 64 + 128, 480, 500]


def test_a_courier_beside_many_others_reads_no_more_than_it_can_send_soon(
    workspace: Workspace, receiver: Receiver, looks: list[int]
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, *(f"chat_{number}" for number in range(100)))
    receiver.script = lambda arrival: Reply(delay=0.2)

    with ExitStack() as others:
        for _ in range(32):
            others.enter_context(one_taken())
        courier_visit(connection.pk)

    assert looks == [0]
    assert 1 <= len(receiver.arrivals) < 32
