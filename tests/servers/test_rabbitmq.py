"""RabbitMQ as broker: what is promised over the loss of it and its messages, and while it takes none."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import Celery

from deliveries import wakes
from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import Workspace
from tests.api.caller import answer, caller_with, event
from tests.broker import is_redis, purge, waiting
from tests.conftest import connect, record
from tests.lateness import lateness
from tests.processes import Processes, eventually
from tests.receiver import Receiver, Reply
from tests.servers import missing, rabbitmq
from tests.servers.rabbitmq import RabbitMQ

absent = missing.reason(rabbitmq.SERVER, rabbitmq.PACKAGE)
pytestmark = [pytest.mark.skipif(bool(absent), reason=str(absent)), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with rabbitmq.running(tmp_path_factory.mktemp("servers")) as server:
        yield server


@pytest.fixture
def app(broker: RabbitMQ, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    """Our own wakes go there, by an app set up as ours is."""
    app = Celery("elsewhere", set_as_current=False, amqp="config.broker:SteadyAMQP")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_read_url=broker.url, broker_write_url=broker.url)
    monkeypatch.setattr(wakes, "current_app", app)
    monkeypatch.setattr(wakes._Broker, "quiet_until", 0.0)
    monkeypatch.setenv("REDIS_URL", broker.url)
    with app:
        yield app


@pytest.fixture
def delivering(app: Celery, transactional_db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    processes = Processes(tmp_path_factory.mktemp("processes"))
    processes.start()
    yield processes
    processes.close()


def test_no_event_is_lost_or_overtaken_when_rabbitmq_is_purged_killed_and_restarted(
    broker: RabbitMQ, delivering: Processes, workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    record(workspace, "a", "b")
    eventually(lambda: len(receiver.sequences()) == 2, 60)

    for lose in LOSSES:
        with lose(broker):
            record(workspace, *"abc" * 5)
        record(workspace, *"abc" * 5)

    eventually(lambda: not Delivery.objects.filter(status="pending").exists(), 60)
    assert sorted(receiver.sequences()) == list(range(1, 3 + 30 * len(LOSSES)))
    for chat in "abc":
        assert receiver.sequences(chat) == sorted(receiver.sequences(chat))


def test_workers_that_were_delivering_when_rabbitmq_died_take_wakes_as_soon_as_it_is_back(
    broker: RabbitMQ, delivering: Processes, transactional_db: None, receiver: Receiver
) -> None:
    shops = [Workspace.objects.create(name=f"Shop {number}") for number in range(12)]
    for shop in shops:
        connect(shop, receiver.url)
    receiver.script = lambda arrival: Reply(delay=2)
    for shop in shops:
        record(shop, "a")
    eventually(lambda: len(receiver.events) == len(shops), 60)
    broker.stop(signal.SIGKILL)
    receiver.script = lambda arrival: 200
    broker.start()

    for _ in range(10):
        for shop in shops:
            record(shop, "a")
        # One that was lost is swept after 4 s, and lost once more after 8: RabbitMQ answers late while it boots.
        eventually(lambda: not Delivery.objects.filter(status="pending").exists(), 60)

    assert len(receiver.events) == 11 * len(shops)


def test_a_wake_that_finds_its_line_broken_is_sent_on_a_new_one(
    broker: RabbitMQ, app: Celery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Where nothing is on its way from another test.
    url = broker.url_of("gw0")
    app.conf.update(broker_write_url=url)
    # However slow the machine is.
    monkeypatch.setattr(wakes, "AT_ONCE", 60)
    monkeypatch.setattr(wakes, "HASTY", {"max_retries": 0, "connect_timeout": 60})
    wakes.send(1, troubled=False)
    eventually(lambda: len(waiting(url)) == 1)
    with wakes._producers().acquire() as producer:
        assert producer.connection is not None
        producer.connection.connection.transport.sock.shutdown(socket.SHUT_RDWR)

    wakes.send(2, troubled=False)

    eventually(lambda: len(waiting(url)) == 2)
    assert caplog.messages == []


@contextmanager
def purged(broker: RabbitMQ) -> Iterator[None]:
    yield
    purge(broker.url)


@contextmanager
def killed(broker: RabbitMQ) -> Iterator[None]:
    broker.stop(signal.SIGKILL)
    yield
    broker.start()


@contextmanager
def restarted(broker: RabbitMQ) -> Iterator[None]:
    broker.stop(signal.SIGTERM)
    yield
    broker.start()


# A restart in order takes as long as all the rest: where RabbitMQ is the suite's broker.
LOSSES = (purged, killed) if is_redis() else (purged, killed, restarted)


@pytest.fixture
def full(broker: RabbitMQ) -> Iterator[RabbitMQ]:
    """It has used what memory it may, and reads from nobody who publishes."""
    broker.control("set_vm_memory_high_watermark", "0")
    yield broker
    broker.control("set_vm_memory_high_watermark", "0.4")


def test_events_are_taken_while_rabbitmq_takes_no_wakes(app: Celery, full: RabbitMQ, workspace: Workspace) -> None:
    connection = connect(workspace, "http://127.0.0.1:1/")
    answer(caller_with(workspace).get("/events"))
    with lateness() as late:
        took = seconds_of_a_post(workspace)
        # As many as its sockets hold, and more.
        waits = [seconds_of_a_wake(connection) for _ in range(2000)]

    assert took < 1 + late.seconds
    assert max(waits) < 2 + late.seconds
    assert Delivery.objects.filter(status="pending").count() == 1
    assert Connection.objects.get().wake_at is not None


def seconds_of_a_post(workspace: Workspace) -> float:
    began = time.monotonic()
    [accepted] = answer(caller_with(workspace).post("/events", event()), 202)["accepted"]
    assert accepted["state"] == "queued"
    return time.monotonic() - began


def seconds_of_a_wake(connection: Connection) -> float:
    wakes._Broker.quiet_until = 0.0
    began = time.monotonic()
    wakes.send(connection.pk, troubled=False)
    return time.monotonic() - began


def test_a_worker_misses_a_rabbitmq_that_falls_silent_within_half_a_minute(app: Celery) -> None:
    with app.connection_for_read(heartbeat=app.conf.broker_heartbeat) as line:
        line.connect()
        # It is given up after two of them.
        assert line.get_heartbeat_interval() == 15
