"""One courier a connection, and no wake-up lost: the counterexamples that the rules remove, as tests."""

import threading
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db.models import Max
from django.utils import timezone

from deliveries import wakes
from deliveries.connections import disconnect_workspace
from deliveries.courier.lease import Clock, Release, release, take
from deliveries.courier.post import post
from deliveries.courier.recording import record as keep_record
from deliveries.courier.run import Run
from deliveries.courier.visit import visit as courier_visit
from deliveries.models import Connection, Delivery, DeliveryAttempt
from deliveries.policy import Policy
from deliveries.sending import destination
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from tests.conftest import connect, record, time_passes, visit
from tests.processes import eventually
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
    fast_arrived = threading.Event()
    while_slow_waited: list[bool] = []

    def script(arrival: Arrival) -> int:
        if arrival.event["chat_id"] == "slow":
            while_slow_waited.append(fast_arrived.wait(4))
        else:
            fast_arrived.set()
        return 200

    receiver.script = script
    connection = connect(workspace, receiver.url)
    Connection.objects.update(window=8)
    record(workspace, "slow")

    def work() -> None:
        visit(connection)
        database.close()

    courier = threading.Thread(target=work)
    courier.start()
    eventually(lambda: receiver.arrivals)

    record(workspace, "fast")
    courier.join()

    assert receiver.sequences() == [1, 2]
    assert while_slow_waited == [True]
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


def test_a_courier_gives_back_no_lease_but_its_own(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    held = {"lease_token": uuid.uuid4().hex, "lease_until": timezone.now() + timedelta(seconds=8)}
    held |= {"suspect": "evt_1", "crashes": 2}
    Connection.objects.update(**held)

    released = release(connection.pk, taken[0].lease_token or "", timezone.now())

    assert released == Release()
    assert Connection.objects.values(*held, "wake_at").get() == {**held, "wake_at": None}


def test_a_courier_that_was_frozen_past_half_a_second_sends_nothing(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    clock = Clock(timezone.now(), time.monotonic() - 0.51)

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


@pytest.mark.parametrize("connects_anew", [False, True], ids=["disconnected", "connected anew"])
def test_nothing_of_an_earlier_connection_starts_later_than_half_a_second(
    workspace: Workspace, receiver: Receiver, connects_anew: bool
) -> None:
    later = Receiver()
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
    eventually(lambda: len(receiver.arrivals) >= 3)
    if connects_anew:
        connect(workspace, later.url)
    else:
        disconnect_workspace(workspace.pk)
    courier.join()

    # By the database's clock, both of them: whatever the machine does in between.
    begun = DeliveryAttempt.objects.aggregate(last=Max("started_at"))["last"]
    connection.refresh_from_db()
    assert connection.closed_at is not None
    assert begun - connection.closed_at <= timedelta(seconds=0.5)
    assert DeliveryAttempt.objects.count() == len(receiver.arrivals) < 100
    assert words[0] in {"closed", "busy"}
    assert later.arrivals == []
    later.close()


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


def test_an_answer_that_is_a_quarter_of_a_second_old_is_written_down_before_anything_else_goes_out(
    workspace: Workspace, receiver: Receiver
) -> None:
    """A courier that is killed repeats what it had not written down, and promises that this is no more."""
    written: list[int] = []

    def script(arrival: Arrival) -> int:
        written.append(DeliveryAttempt.objects.count())
        database.close()
        return 200

    receiver.script = script
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1", "chat_2")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    run.backlog.look(run.health, run.clock.now())
    run.slice_began = time.monotonic() + 60
    run.clock = Clock(run.clock.now())
    run._start()
    [answer] = run.window.answers(20)
    assert answer.owed is not None
    run.backlog.chats.advance(answer.owed)
    run.unrecorded.add(replace(answer, answered_at=time.monotonic() - 0.25))
    # Of that age the answer alone is a reason to write.
    run.clock = Clock(run.clock.now())

    run._start()
    run.window.answers(20)

    assert written == [0, 1]


def test_a_courier_waits_for_further_answers_only_until_the_oldest_must_be_written_down(workspace: Workspace) -> None:
    connection = connect(workspace, "http://127.0.0.1:1/")
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    run.slice_began = time.monotonic() - 60
    answer = post(None, None, run.clock)

    assert run._patience() == 0.25
    run.unrecorded.add(replace(answer, answered_at=time.monotonic() - 0.15))
    run.unrecorded.add(answer)
    assert run._patience() <= 0.05
    run.unrecorded.take()
    run.unrecorded.add(replace(answer, answered_at=time.monotonic() - 1))
    assert run._patience() == 0


def test_a_recording_is_kept_as_a_whole_or_not_at_all(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    run.backlog.look(run.health, run.clock.now())
    run.slice_began = time.monotonic() + 1
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
