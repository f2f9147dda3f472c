"""The broker may be away: events are taken all the same, quickly, and the mark that brings a courier stays."""

import contextlib
import socket
import time
from collections.abc import Callable

import pytest
from celery import Celery, current_app

from deliveries import wakes
from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import Workspace
from tests.api.caller import answer, caller_with, event
from tests.conftest import connect


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


MoveBroker = Callable[[int], None]


@pytest.fixture(params=["redis", "amqp"])
def broker_at(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> MoveBroker:
    """Wakes go to a broker at this port, by an app set up as ours is; Redis and RabbitMQ each."""

    def move(port: int) -> None:
        app = Celery("elsewhere", set_as_current=False)
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.conf.update(broker_write_url=f"{request.param}://127.0.0.1:{port}/0")
        monkeypatch.setattr(wakes, "current_app", app)

    return move


def test_events_are_taken_while_the_broker_refuses(
    workspace: Workspace, broker_at: MoveBroker, closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, "http://127.0.0.1:1/")
    caller = caller_with(workspace)
    answer(caller.get("/events"))  # What is loaded once is not measured.
    broker_at(closed_port)

    begun = time.monotonic()
    [first] = answer(caller.post("/events", event()), 202)["accepted"]
    took = time.monotonic() - begun
    [second] = answer(caller.post("/events", event()), 202)["accepted"]

    assert took < 1
    assert (first["state"], second["state"]) == ("queued", "queued")
    assert caplog.text.count("No wake could be sent") == 1
    assert Delivery.objects.filter(status="pending").count() == 2
    connection = Connection.objects.get(pk=connection.pk)
    assert connection.wake_at is not None
    assert connection.lease_token is None


def test_events_are_taken_while_the_broker_accepts_and_stays_silent(
    workspace: Workspace, broker_at: MoveBroker
) -> None:
    connect(workspace, "http://127.0.0.1:1/")
    caller = caller_with(workspace)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker_at(silent.getsockname()[1])
        begun = time.monotonic()
        [first] = answer(caller.post("/events", event()), 202)["accepted"]
        took = time.monotonic() - begun
        lines = waiting(silent)

    assert first["state"] == "queued"
    assert took < 2
    # Tried once: a second time would double what the request waits.
    assert lines == 1


def waiting(server: socket.socket) -> int:
    """How many connected and were not accepted."""
    server.setblocking(False)
    accepted = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            accepted += 1
    return accepted


def test_one_wake_is_sent_for_all_that_comes_in_meanwhile(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, tuple[int], str]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, arguments, queue, **_: sent.append((name, arguments, queue))
    )
    connection = connect(workspace, "http://127.0.0.1:1/")
    answer(caller_with(workspace).post("/events", event()), 202)
    answer(caller_with(workspace).post("/events", event()), 202)

    # The second finds a wake on its way.
    assert sent == [(wakes.DELIVER, (connection.pk,), wakes.FRESH)]


def test_whatever_goes_wrong_with_the_wake_the_events_are_taken(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the pool is closed")

    monkeypatch.setattr(current_app, "send_task", fail)
    connect(workspace, "http://127.0.0.1:1/")
    [accepted] = answer(caller_with(workspace).post("/events", event()), 202)["accepted"]
    assert (accepted["sequence"], accepted["state"]) == (1, "queued")
