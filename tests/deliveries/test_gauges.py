"""What the database tells Prometheus, above all: what is overdue by our own fault."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from deliveries import gauges, heartbeats
from deliveries.connections import disconnect_workspace
from deliveries.courier.lease import take
from deliveries.models import Connection, Heartbeat
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record, time_passes, visit
from tests.receiver import Receiver


def told(*names: str) -> dict[str, float]:
    """`name{label}` to value, of these gauges or of all."""
    return {
        sample.name + (f"{{{','.join(sample.labels.values())}}}" if sample.labels else ""): sample.value
        for family in gauges.read()
        for sample in family.samples
        if not names or sample.name in names
    }


def overdue() -> dict[str, int]:
    """Seconds of each queue, rounded down."""
    found = told("happ_oldest_overdue_seconds")
    return {name.partition("{")[2].rstrip("}"): int(value) for name, value in found.items()}


def test_with_nothing_there_all_is_zero_and_beat_was_never_seen(transactional_db: None) -> None:
    found = told()
    assert found.pop("happ_database_up") == 1
    assert found.pop("happ_beat_age_seconds") == float("inf")
    assert set(found.values()) == {0}


def test_a_scrape_is_six_statements_however_much_there_is(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    record(workspace, *["chat_1"] * 50)
    with CaptureQueriesContext(database) as captured:
        told()
    statements = [query["sql"] for query in captured if query["sql"] not in {"BEGIN", "COMMIT"}]
    assert len(statements) == 6
    assert "statement_timeout" in statements[0]


def test_what_waits_is_counted_up_to_a_limit_and_estimated_beyond(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(workspace, receiver.url)
    record(workspace, *["chat_1"] * 5)
    time_passes(30)
    found = told()
    assert (found["happ_pending_deliveries"], int(found["happ_oldest_pending_seconds"])) == (5, 30)
    monkeypatch.setattr(gauges, "COUNTED", 3)
    with database.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = -1 WHERE relname = 'delivery_pending'")
        assert told()["happ_pending_deliveries"] == 3
        cursor.execute("ANALYZE deliveries_delivery")
        assert told()["happ_pending_deliveries"] == 5
        monkeypatch.setattr(gauges, "COUNTED", 10)
        cursor.execute("UPDATE pg_class SET reltuples = 1000 WHERE relname = 'delivery_pending'")
        assert told()["happ_pending_deliveries"] == 5
    disconnect_workspace(workspace.pk)
    assert told("happ_pending_deliveries", "happ_oldest_pending_seconds") == {
        "happ_pending_deliveries": 0,
        "happ_oldest_pending_seconds": 0,
    }


def test_an_event_that_no_courier_comes_for_is_overdue_since_it_was_recorded(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    time_passes(60)
    record(workspace, "chat_1")
    assert overdue() == {"fresh": 60, "troubled": 0}
    assert told("happ_overdue_connections") == {
        "happ_overdue_connections{fresh}": 1,
        "happ_overdue_connections{troubled}": 0,
    }
    assert take(connection.pk) is not None
    assert overdue() == {"fresh": 0, "troubled": 0}
    assert told()["happ_couriers"] == 1


def test_a_courier_that_died_makes_its_work_overdue_since_its_lease_ended(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    assert take(connection.pk) is not None
    time_passes(8 + 30)
    assert overdue() == {"fresh": 30, "troubled": 0}
    assert told()["happ_couriers"] == 0


def test_a_connection_that_was_forgotten_with_work_is_overdue_since_its_oldest_event(
    workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    record(workspace, "chat_1")
    time_passes(40)
    Connection.objects.update(wake_at=None, wake_sent_at=None)
    assert overdue() == {"fresh": 40, "troubled": 0}


@pytest.mark.parametrize(
    "held",
    [
        {"down_since": Now(), "failures_in_row": 3, "next_ping_at": Now() + timedelta(seconds=50)},
        {"paused_until": Now() + timedelta(seconds=50)},
    ],
    ids=["down", "asked to wait"],
)
def test_a_dead_endpoint_is_never_overdue_while_it_is_asked_in_time(
    workspace: Workspace, receiver: Receiver, held: dict[str, Any]
) -> None:
    connect(workspace, receiver.url)
    record(workspace, "chat_1")
    time_passes(3600)
    Connection.objects.update(**held, wake_at=Now() + timedelta(seconds=50), wake_sent_at=None)
    record(workspace, "chat_1", "chat_2")
    assert overdue() == {"fresh": 0, "troubled": 0}
    assert int(told()["happ_oldest_pending_seconds"]) == 3600


def test_an_endpoint_in_trouble_that_nobody_asks_in_time_is_overdue_apart_from_the_rest(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    visit(connection)
    Connection.objects.update(wake_at=F("wake_at") - timedelta(seconds=300))
    found = overdue()
    assert found["fresh"] == 0
    assert 280 <= found["troubled"] <= 300
    assert told("happ_failing_connections", "happ_down_connections", "happ_open_connections") == {
        "happ_failing_connections": 1,
        "happ_down_connections": 0,
        "happ_open_connections": 1,
    }


def test_endpoints_that_cannot_be_reached_are_told_by_the_rule_that_suspects_us(
    workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    Connection.objects.update(last_error="DNS", last_attempt_at=Now())
    assert told("happ_tried_endpoints", "happ_unreachable_endpoints") == {
        "happ_tried_endpoints": 1,
        "happ_unreachable_endpoints": 1,
    }


def test_workers_are_told_by_state_and_queues_by_who_serves_them_alive(transactional_db: None) -> None:
    heartbeats.note("worker@a 1", ["control", "fresh"])
    heartbeats.note("worker@a 2", ["control", "fresh"])
    Heartbeat.objects.update(seen_at=F("seen_at") - timedelta(seconds=20))
    heartbeats.note("worker@a 3", ["control", "fresh"])
    Heartbeat.objects.filter(name="worker@a 2").update(seen_at=F("seen_at") - timedelta(seconds=60))
    assert told("happ_workers", "happ_queue_workers") == {
        "happ_workers{alive}": 1,
        "happ_workers{late}": 1,
        "happ_workers{silent}": 1,
        "happ_queue_workers{fresh}": 1,
        "happ_queue_workers{troubled}": 0,
        "happ_queue_workers{control}": 1,
    }


def test_beats_age_is_that_of_the_last_sweep(transactional_db: None) -> None:
    heartbeats.note(heartbeats.BEAT)
    Heartbeat.objects.update(seen_at=F("seen_at") - timedelta(seconds=70))
    assert int(told()["happ_beat_age_seconds"]) == 70


def test_a_database_that_does_not_answer_in_time_is_down(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "PATIENCE_MS", 100)
    other = database.copy()
    try:
        with other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute("LOCK TABLE deliveries_connection IN ACCESS EXCLUSIVE MODE")
            assert told() == {"happ_database_up": 0}
            other.rollback()
    finally:
        other.close()
    assert told()["happ_database_up"] == 1
