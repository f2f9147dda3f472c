"""How long a run keeps its slot: as long as nobody else may want it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from celery.signals import worker_ready, worker_shutdown
from django.db.models import Max, Min

from deliveries.courier import slots
from deliveries.courier.slots import one_taken
from deliveries.models import Connection, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from tests.broker import lose_messages
from tests.conftest import connect, record, visit, visits
from tests.lateness import lateness
from tests.receiver import Arrival, Receiver, Reply


@pytest.mark.parametrize(("others", "seconds"), [(31, 2.0), (32, 0.5)], ids=["free slots", "few free slots"])
def test_a_run_ends_after_two_seconds_of_new_work_and_after_half_a_second_if_slots_may_be_wanted(
    workspace: Workspace, receiver: Receiver, others: int, seconds: float
) -> None:
    receiver.script = lambda arrival: Reply(delay=0.05)
    connection = connect(workspace, receiver.url)
    record(workspace, *["chat_1"] * 60)
    with ExitStack() as taken, lateness() as late:
        for _ in range(others):
            taken.enter_context(one_taken())
        assert visit(connection) == "waiting"

    begun = DeliveryAttempt.objects.aggregate(first=Min("started_at"), last=Max("started_at"))
    # A try begins up to its end, and the next when that one is answered.
    assert seconds - 0.15 - late.seconds < (begun["last"] - begun["first"]).total_seconds() < seconds + late.seconds
    assert Connection.objects.get().wake_sent_at is not None
    visits(connection)
    assert receiver.sequences() == list(range(1, 61))


def test_a_long_run_ends_when_others_take_the_slots(workspace: Workspace, receiver: Receiver) -> None:
    with ExitStack() as taken:

        def script(arrival: Arrival) -> Reply:
            if len(receiver.arrivals) == 12:
                for _ in range(32):
                    taken.enter_context(one_taken())
            return Reply(delay=0.05)

        receiver.script = script
        connection = connect(workspace, receiver.url)
        record(workspace, *["chat_1"] * 60)

        assert visit(connection) == "waiting"

    assert receiver.sequences() == list(range(1, 13))


@pytest.fixture
def small_worker(transactional_db: None) -> Iterator[None]:
    """A worker of four slots, started and ready."""
    begun: Any = start_worker(current_app, pool="threads", concurrency=4, perform_ping_check=False, queues=["nobody"])
    with begun as worker:
        worker_ready.send(sender=worker.consumer)
        yield
        worker_shutdown.send(sender=worker)
    lose_messages()
    slots.count(64)


@pytest.mark.usefixtures("small_worker")
def test_few_are_half_of_the_slots_that_the_worker_has() -> None:
    with one_taken(), one_taken():
        two = slots.slice_seconds()
        with one_taken():
            three = slots.slice_seconds()

    assert (two, three) == (2.0, 0.5)
