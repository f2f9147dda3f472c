"""Promise 13: our own fault is not the customer's; and an event that kills couriers does not block its workspace."""

import logging
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from deliveries import own_fault
from deliveries.courier.lease import take
from deliveries.courier.unrecorded import RECORD_AFTER
from deliveries.courier.visit import visit as courier_visit
from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Receiver


def test_a_key_that_cannot_decrypt_burns_no_try_and_stops_nothing(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    record(workspace, "chat_1")
    keys = settings.HAPP_ENCRYPTION_KEYS
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", ["A" * 43 + "="])

    with caplog.at_level(logging.ERROR):
        assert visit(connection) == "waiting"

    assert receiver.arrivals == []
    assert "HAPP_ENCRYPTION_KEYS" in caplog.text
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.rung, delivery.last_error) == ("pending", 0, "INTERNAL")
    assert Connection.objects.get().failures_in_row == 0
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", keys)
    time_passes(31)
    assert visit(connection) == "delivered"
    assert receiver.arrivals[0].headers["authorization"] == "Bearer s3cret"


def test_a_bug_in_sending_is_an_answer_too_and_no_courier_waits_for_ever(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    monkeypatch.setattr("deliveries.sending.headers", lambda **_: 1 / 0)

    assert visit(connection) == "waiting"

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.rung, delivery.last_error) == ("pending", 0, "INTERNAL")
    assert "ZeroDivisionError" in caplog.text
    assert receiver.arrivals == []


def test_keys_rotate_without_asking_anybody(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    record(workspace, "chat_1")
    keys = settings.HAPP_ENCRYPTION_KEYS
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", ["B" * 43 + "=", *keys])

    assert visit(connection) == "delivered"


def dead_endpoints(number: int) -> list[Connection]:
    """Endpoints on ports where nobody listens."""
    return [
        connect(Workspace.objects.create(name=f"Shop {index}"), f"http://127.0.0.1:{index + 1}/happ")
        for index in range(number)
    ]


@pytest.mark.parametrize(("number", "rung"), [(10, 0), (9, 1)])
def test_when_most_of_ten_endpoints_cannot_be_reached_no_rung_moves(
    transactional_db: None, number: int, rung: int, caplog: pytest.LogCaptureFixture
) -> None:
    connections = dead_endpoints(number)
    for connection in connections:
        record(connection.workspace, "chat_1")
        visit(connection)
    time_passes(1)
    own_fault.forget()
    Delivery.objects.update(rung=0, next_attempt_at=None)

    for connection in connections:
        visit(connection)

    assert set(Delivery.objects.values_list("rung", flat=True)) == {rung}
    assert set(Delivery.objects.values_list("last_error", flat=True)) == {"REFUSED"}
    assert ("check HAPP's own network" in caplog.text) is (number == 10)


def test_many_workspaces_on_one_dead_endpoint_are_no_fault_of_ours(transactional_db: None) -> None:
    shared = "http://127.0.0.1:1/happ"
    connections = [connect(Workspace.objects.create(name=f"Shop {index}"), shared) for index in range(12)]
    for connection in connections:
        record(connection.workspace, "chat_1")
        visit(connection)

    own_fault.forget()
    assert own_fault.suspected() is False


@pytest.mark.parametrize(("hours", "suspected"), [(11, True), (13, False)])
def test_endpoints_that_have_been_down_for_half_a_day_speak_of_no_fault_of_ours(
    transactional_db: None, hours: int, suspected: bool
) -> None:
    for connection in dead_endpoints(10):
        record(connection.workspace, "chat_1")
        visit(connection)
    Connection.objects.update(down_since=timezone.now() - timedelta(hours=hours))

    own_fault.forget()
    assert own_fault.suspected() is suspected


def crash(connection: Connection) -> None:
    """A courier takes the lease, maybe names its suspect, and is never heard of again."""
    Connection.objects.filter(pk=connection.pk).update(wake_at=None)
    time_passes(9)
    Connection.objects.filter(pk=connection.pk, lease_token=None).update(wake_at="2020-01-01T00:00Z")
    assert take(connection.pk) is not None


def test_an_event_on_which_couriers_die_is_tried_alone_and_then_counts_as_failed(
    workspace: Workspace, receiver: Receiver, short_ladder: object
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "poison", "other")
    poison = Delivery.objects.get(sequence=1)
    for _ in range(4):
        crash(connection)
    assert Connection.objects.get().crashes == 3
    Connection.objects.update(suspect=poison.event_id)
    time_passes(9)

    courier_visit(connection.pk)

    poison.refresh_from_db()
    assert (poison.rung, poison.last_error) == (1, "INTERNAL")
    assert DeliveryAttempt.objects.get(delivery=poison).error == "INTERNAL"
    visits(connection)
    assert receiver.sequences("other") == [2]
    assert Connection.objects.get().crashes == 0


def test_after_three_crashes_events_go_one_by_one_and_are_named_before_they_go(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "b", "c")
    seen: list[tuple[str, str]] = []

    def script(arrival: object) -> int:
        from django.db import connection as database

        if len(seen) == 1:  # A slow answer: the one before it could be recorded meanwhile.
            time.sleep(2 * RECORD_AFTER)
        seen.append((Connection.objects.get().suspect, receiver.arrivals[-1].event["id"]))
        database.close()
        return 200

    receiver.script = script
    for _ in range(4):
        crash(connection)
    time_passes(9)

    courier_visit(connection.pk)

    assert len(seen) == 3
    assert all(suspect == sent for suspect, sent in seen)
