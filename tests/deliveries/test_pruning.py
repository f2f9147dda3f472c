"""Keeping the log short."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection as database
from django.db import transaction

from deliveries.models import Delivery, DeliveryAttempt
from deliveries.pruning import DEFAULT, LOCK, PARTITIONS, make_partitions, partition_name, prune
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.conftest import connect, record, time_passes, visit
from tests.receiver import Receiver


def partitions() -> set[str]:
    with database.cursor() as cursor:
        cursor.execute(PARTITIONS)
        return {name for (name,) in cursor.fetchall()}


def test_attempts_have_a_partition_for_each_day_and_old_days_are_dropped(
    workspace: Workspace, receiver: Receiver
) -> None:
    today = datetime.now(UTC)
    prune(today)
    assert {partition_name(today.date() + timedelta(days=offset)) for offset in range(8)} <= partitions()
    connection = connect(workspace, receiver.url)
    record(workspace, "a")
    visit(connection)
    assert DeliveryAttempt.objects.count() == 1
    in_a_month = today + timedelta(days=settings.HAPP_LOG_DAYS + 1)

    assert prune(in_a_month) >= 1

    assert partition_name(today.date()) not in partitions()
    assert DeliveryAttempt.objects.count() == 0
    # What was not settled long enough ago by the deliveries' own clock goes as well, the history stays.
    assert Delivery.objects.count() == 0
    assert ChatEvent.objects.count() == 1
    forget_future_partitions(in_a_month.date())


def forget_future_partitions(day: date) -> None:
    with database.cursor() as cursor:
        for offset in range(8):
            cursor.execute(f"DROP TABLE IF EXISTS {partition_name(day + timedelta(days=offset))}")
        cursor.execute(PARTITIONS)


def test_what_the_default_partition_holds_of_a_day_moves_into_its_own(workspace: Workspace, receiver: Receiver) -> None:
    today = datetime.now(UTC)
    with database.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {partition_name(today.date())}")
    connection = connect(workspace, receiver.url)
    record(workspace, "a")
    visit(connection)

    prune(today)

    with database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {partition_name(today.date())}")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT count(*) FROM deliveries_deliveryattempt_default")
        assert cursor.fetchone() == (0,)


def test_attempts_of_a_day_without_partition_are_kept_all_the_same(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "a")
    visit(connection)
    time_passes(86_400 * 3000)
    assert DeliveryAttempt.objects.count() == 1


def test_what_waits_is_never_pruned(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    record(workspace, "a")
    prune(datetime.now(UTC) + timedelta(days=400))
    assert Delivery.objects.get().status == "pending"
    forget_future_partitions((datetime.now(UTC) + timedelta(days=400)).date())


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'deliveries_deliveryattempt'::regclass"


def at_once(prune_once: Callable[[], int]) -> list[int]:
    """What one worker returns, and one that waited for its lock meanwhile."""
    returned = []

    def other_worker() -> None:
        late = prune_once()
        database.close()
        returned.append(late)

    other = threading.Thread(target=other_worker)
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(LOCK)
        other.start()
        wait_for_one_that_waits()
        first = prune_once()
    other.join(30)
    return [first, *returned]


def wait_for_one_that_waits() -> None:
    """It read which partitions there are, and waits for the lock to change the first."""
    with database.cursor() as cursor:
        for _ in range(100):
            cursor.execute(WAITING)
            if cursor.fetchone() == (1,):
                return
            time.sleep(0.01)
    raise AssertionError("nobody waited for the lock")


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_prune_at_once_make_each_partition_once(caplog: pytest.LogCaptureFixture) -> None:
    day = datetime(2099, 1, 1, tzinfo=UTC)
    prune(day)
    forget_future_partitions(day.date())

    assert at_once(lambda: prune(day)) == [0, 0]

    assert [record.getMessage() for record in caplog.records] == []
    assert partitions() == future_partitions(day.date())
    forget_future_partitions(day.date())


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_prune_at_once_drop_each_partition_once(caplog: pytest.LogCaptureFixture) -> None:
    past, day = datetime(2098, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    prune(past)
    make_partitions(day.date())

    assert at_once(lambda: prune(day)) == [8, 0]

    assert [record.getMessage() for record in caplog.records] == []
    assert partitions() == future_partitions(day.date())
    forget_future_partitions(day.date())


def future_partitions(day: date) -> set[str]:
    """The week's, and the default one."""
    return {DEFAULT, *(partition_name(day + timedelta(days=offset)) for offset in range(8))}
