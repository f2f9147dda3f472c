"""One courier a connection, and no wake-up lost: the counterexamples that the rules remove, as tests."""

import threading
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from deliveries import wakes
from deliveries.connections import disconnect_workspace
from deliveries.courier.lease import Clock, release, take
from deliveries.courier.post import post
from deliveries.courier.recording import record as keep_record
from deliveries.courier.run import Run
from deliveries.courier.visit import visit as courier_visit
from deliveries.models import Connection, Delivery, DeliveryAttempt
from deliveries.policy import Policy
from deliveries.sending import destination
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Arrival, Receiver, Reply


def test_a_second_courier_of_a_connection_is_turned_away(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    assert take(connection.pk) is not None
    record(workspace, "chat_1")

    assert courier_visit(connection.pk)[0] == "busy"
    assert receiver.arrivals == []


def test_a_wake_that_finds_nothing_to_do_costs_one_statement(
    workspace: Workspace, receiver: Receiver, django_assert_num_queries: object
) -> None:
    connection = connect(workspace, receiver.url)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert courier_visit(connection.pk)[0] == "busy"


def test_an_event_that_commits_while_a_courier_runs_is_seen_by_the_statement_that_releases(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    run.work()
    record(workspace, "chat_2")
    assert Connection.objects.get().wake_sent_at is None

    released = release(*run.lease, None)

    assert released.wake_now is True


def test_an_event_that_commits_while_a_failed_chat_waits_is_seen_too(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    resume_at = run.work()
    assert resume_at is not None
    assert resume_at > timezone.now()
    record(workspace, "chat_2")

    assert release(*run.lease, resume_at).wake_now is True


def test_new_events_are_sent_by_the_running_courier_without_a_wake(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: Reply(delay=0.3 if arrival.event["chat_id"] == "slow" else 0)
    connection = connect(workspace, receiver.url)
    Connection.objects.update(window=8)
    record(workspace, "slow")

    def work() -> None:
        visit(connection)
        database.close()

    courier = threading.Thread(target=work)
    courier.start()
    while not receiver.arrivals:
        time.sleep(0.01)

    record(workspace, "fast")
    recorded_at = time.monotonic()
    courier.join()

    assert receiver.sequences() == [1, 2]
    assert receiver.arrivals[1].at - recorded_at < 0.2
    assert Delivery.objects.filter(status="delivered").count() == 2


def test_a_courier_whose_lease_was_taken_over_records_nothing(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    Connection.objects.update(lease_token=uuid.uuid4().hex)

    run.work()

    assert run.ended == "closed"
    assert Delivery.objects.get().status == "pending"
    assert DeliveryAttempt.objects.count() == 0
    assert release(*run.lease, None).wake_now is False


def test_a_courier_that_was_frozen_past_two_seconds_sends_nothing(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    clock = Clock(timezone.now(), time.monotonic() - 2.1)

    answer = post(None, destination(connection), clock)

    assert answer.sent is False
    assert receiver.arrivals == []


def test_the_lease_of_a_dead_courier_ends_and_the_sweeper_brings_another(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    assert take(connection.pk) is not None
    assert wakes.sweep() == 0

    time_passes(8.1)

    assert wakes.sweep() == 1
    assert courier_visit(connection.pk)[0] == "delivered"
    assert receiver.sequences() == [1]


def test_a_lost_wake_is_sent_again_ever_more_rarely(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    record(workspace, "chat_1")
    sent = []
    for second in range(60):
        time_passes(1)
        if wakes.sweep():
            sent.append(second + 1)
    assert sent == [4, 12, 28, 60]


def test_a_burst_of_events_sends_one_wake(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    record(workspace, "chat_1")
    first = Connection.objects.get().wake_sent_at
    for _ in range(5):
        record(workspace, "chat_1")
    assert Connection.objects.get().wake_sent_at == first


def test_couriers_of_a_failing_busy_workspace_leave_one_countdown_not_many(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 500 if arrival.event["chat_id"] == "bad" else 200
    connection = connect(workspace, receiver.url)
    record(workspace, "bad")
    countdowns = []
    for _ in range(5):
        record(workspace, "good")
        Connection.objects.update(wake_at=timezone.now())
        countdowns.append(courier_visit(connection.pk)[1].countdown)
    assert [countdown is not None for countdown in countdowns] == [True, False, False, False, False]


def test_a_slice_ends_after_half_a_second_of_new_work(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: Reply(delay=0.05)
    connection = connect(workspace, receiver.url)
    record(workspace, *["chat_1"] * 40)
    started = time.monotonic()

    assert visit(connection) == "waiting"

    assert 0.4 < time.monotonic() - started < 0.9
    assert Connection.objects.get().wake_sent_at is not None
    visits(connection)
    assert receiver.sequences() == list(range(1, 41))


def test_nothing_of_a_disconnected_connection_starts_later_than_half_a_second(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: Reply(delay=0.05)
    connection = connect(workspace, receiver.url)
    record(workspace, *["chat_1"] * 100)
    words: list[str] = []

    def work() -> None:
        while (word := courier_visit(connection.pk))[1].wake_now:
            pass
        words.append(word[0])
        database.close()

    courier = threading.Thread(target=work)
    courier.start()
    time.sleep(0.3)
    disconnect_workspace(workspace.pk)
    disconnected = time.monotonic()
    courier.join()

    assert max(arrival.at for arrival in receiver.arrivals) - disconnected < 0.5
    assert words[0] in {"closed", "busy"}
    assert Delivery.objects.filter(status="delivered").count() < 30


def test_a_try_that_becomes_due_after_the_disconnect_is_not_made_by_a_courier_that_still_waits(
    workspace: Workspace, receiver: Receiver
) -> None:
    def script(arrival: Arrival) -> Reply:
        disconnect_workspace(workspace.pk)
        database.close()
        return Reply(delay=1.0)

    receiver.script = script
    connection = connect(workspace, receiver.url)
    record(workspace, "failing", "slow")
    soon = timezone.now() + timedelta(seconds=0.6)
    Delivery.objects.filter(sequence=1).update(attempts=1, rung=1, failing_since=soon, next_attempt_at=soon)
    Connection.objects.update(window=8)

    assert visit(connection) == "closed"

    assert receiver.sequences() == [2]


def test_an_answer_that_comes_after_the_disconnect_is_logged_and_the_delivery_stays_cancelled(
    workspace: Workspace, receiver: Receiver
) -> None:
    def script(arrival: Arrival) -> int:
        disconnect_workspace(workspace.pk)
        database.close()
        return 200

    receiver.script = script
    connection = connect(workspace, receiver.url)
    [accepted] = record(workspace, "chat_1")

    assert visit(connection) == "closed"

    attempt = DeliveryAttempt.objects.get()
    assert (attempt.delivery_id, attempt.status_code) == (accepted.id, 200)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("pending", 1, 200)
    from deliveries import sweeper

    sweeper.sweep()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("cancelled", "DISCONNECTED")


def test_a_recording_is_kept_as_a_whole_or_not_at_all(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    run.backlog.look(run.health, run.clock.now())
    run.slice_end = time.monotonic() + 1
    run._start()
    [answer] = run.window.answers(2)
    monkeypatch.setattr("deliveries.courier.recording._renew", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        keep_record(run.lease, [answer], Policy(Ladder((1,))), 1)

    assert DeliveryAttempt.objects.count() == 0
    assert Delivery.objects.get().attempts == 0
    monkeypatch.undo()
    assert keep_record(run.lease, [replace(answer)], Policy(Ladder((1,))), 1) is not None
    assert Delivery.objects.get().status == "delivered"
    assert Connection.objects.get().lease_until > timezone.now() + timedelta(seconds=7)  # type: ignore[operator]
