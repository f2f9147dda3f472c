"""A courier always gets somewhere: nothing is forgotten, nothing starves, nothing spins."""

import threading
import time
from datetime import timedelta

import pytest
from celery.exceptions import Reject
from django.conf import settings
from django.db import OperationalError, transaction
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deliveries import gaps, sweeper, tasks
from deliveries.connections import Settings, disconnect_workspace, edit_connection
from deliveries.courier import claims
from deliveries.courier.chats import Chats
from deliveries.courier.lease import take
from deliveries.courier.owed import Answer, Owed
from deliveries.courier.recording import record as keep_record
from deliveries.courier.visit import visit as courier_visit
from deliveries.models import Connection, Delivery, DeliveryAttempt, Gap
from deliveries.policy import Policy
from deliveries.standing import Health, Standing
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import Outcome
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Arrival, Receiver, Reply

NOW = timezone.now()


def test_a_database_slower_than_the_slice_still_leaves_time_to_send(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    read = claims.new

    def slow(connection_id: int, after: int, passed: list[str], limit: int) -> claims.Claim:
        time.sleep(0.6)
        return read(connection_id, after, passed, limit)

    monkeypatch.setattr(claims, "new", slow)

    assert visit(connection) == "delivered"


def test_what_was_withheld_on_an_old_lease_is_owed_at_once(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    monkeypatch.setattr("deliveries.courier.post.OLDEST_LOOK", -1)

    word, released = courier_visit(connection.pk)

    assert (word, released.wake_now) == ("busy", True)
    monkeypatch.undo()
    assert visits(connection) == "delivered"
    assert receiver.sequences() == [1]


def test_what_was_answered_before_the_database_broke_off_in_a_look_counts(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url)
    Connection.objects.update(window=2)  # A free slot looks for more while the other waits.
    record(workspace, "chat_1")
    read, looks = claims.new, []

    def broken(connection_id: int, after: int, passed: list[str], limit: int) -> claims.Claim:
        looks.append(after)
        if len(looks) == 2:
            raise OperationalError("server closed the connection unexpectedly")
        return read(connection_id, after, passed, limit)

    monkeypatch.setattr(claims, "new", broken)
    receiver.script = lambda arrival: Reply(delay=0.1)

    word, released = courier_visit(connection.pk)

    assert (word, released.wake_now, len(looks)) == ("busy", True, 2)
    assert Delivery.objects.get().status == "delivered"
    assert DeliveryAttempt.objects.count() == len(receiver.arrivals) == 1
    assert Connection.objects.get().lease_token is None


def test_the_end_of_a_pause_wakes_a_courier_though_nothing_failed(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    Connection.objects.update(paused_until=timezone.now() + timedelta(seconds=30))
    visit(connection)
    record(workspace, "chat_1")

    time_passes(31.5)

    from deliveries import wakes

    assert wakes.sweep() == 1
    assert visits(connection) == "delivered"


def test_a_refusal_by_the_old_address_does_not_pause_the_new_one(workspace: Workspace, receiver: Receiver) -> None:
    new = Receiver()
    connection = connect(workspace, receiver.url)

    def script(arrival: Arrival) -> Reply:
        saved = Settings(url=new.url, password="", auth={"scheme": "bearer"})
        edit_connection(connection.pk, saved, Outcome(status_code=200))
        database.close()
        return Reply(429, headers={"retry-after": "3600"})

    receiver.script = script
    record(workspace, "chat_1")

    visit(connection)
    visits(connection)

    assert new.sequences() == [1]
    assert Delivery.objects.get().rung == 0
    new.close()


def owed(chat: str, sequence: int, **standing: object) -> Owed:
    stands = Standing(**{"chat": chat, "recorded_at": NOW, **standing})  # type: ignore[arg-type]
    return Owed(event_id=f"evt_{sequence}", sequence=sequence, body=b"{}", standing=stands)


def test_chats_that_fail_and_chats_that_do_not_take_turns() -> None:
    chats = Chats()
    chats.add_failing([owed(f"bad_{number}", number, attempts=1, next_attempt_at=NOW) for number in range(3)])
    chats.add([owed(f"good_{number}", 10 + number) for number in range(3)])
    chats.refresh(Health(), NOW)

    order = [event.chat.split("_")[0] for _ in range(6) if (event := chats.next(Health(), NOW))]

    assert order == ["bad", "good"] * 3


def test_a_chat_with_many_events_leaves_room_for_the_others(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: Reply(delay=0.01)
    connection = connect(workspace, receiver.url)
    record(workspace, *["flood"] * 400)
    record(workspace, "quiet")

    visits(connection)

    place = [event["chat_id"] for event in receiver.events].index("quiet")
    assert place < 300
    assert receiver.sequences("flood") == list(range(1, 401))


@pytest.mark.usefixtures("as_they_stand")
def test_one_chat_is_recorded_in_batches_not_event_by_event(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, *["chat_1"] * 60)

    with CaptureQueriesContext(database) as queries:
        visits(connection)

    recordings = [query for query in queries.captured_queries if "UPDATE deliveries_delivery d" in query["sql"]]
    assert Delivery.objects.filter(status="delivered").count() == 60
    assert 1 <= len(recordings) <= 8


@pytest.mark.usefixtures("as_they_stand")
def test_one_recording_takes_four_statements_however_many_answers(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, *[f"chat_{number}" for number in range(100)])
    [taken] = [take(connection.pk)]
    assert taken is not None
    answers = [accepted(event) for event in claims.new(connection.pk, 0, []).events]
    assert len(answers) == 100

    with CaptureQueriesContext(database) as queries:
        assert keep_record((connection.pk, taken[0].lease_token or ""), answers, Policy(Ladder((1,))), 8) is not None

    statements = [query["sql"].split()[0] for query in queries.captured_queries]
    assert statements == ["BEGIN", "SELECT", "INSERT", "UPDATE", "UPDATE", "COMMIT"]


def accepted(event: Owed, outcome: Outcome | None = None) -> Answer:
    at = timezone.now()
    return Answer(
        owed=event,
        outcome=outcome or Outcome(status_code=200),
        started_at=at,
        answered_at=time.monotonic(),
        settings_read_at=at,
    )


def test_couriers_that_die_after_recording_neighbours_are_counted_all_the_same(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    crashes = []
    for _ in range(4):
        record(workspace, "chat_1")
        taken = take(connection.pk)
        assert taken is not None
        crashes.append(taken[0].crashes)
        keep_record((connection.pk, taken[0].lease_token or ""), [], Policy(Ladder((1,))), 1)
        time_passes(9)
    assert crashes == [0, 1, 2, 3]


def test_three_ceilings_in_one_recording_stop_the_stream_and_the_gaps_add_up(
    workspace: Workspace, receiver: Receiver, short_ladder: Ladder
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "b", "c", "d")
    past = timezone.now() - timedelta(seconds=60)
    Delivery.objects.filter(sequence__lt=4).update(rung=3, attempts=3, failing_since=past, next_attempt_at=past)
    taken = take(connection.pk)
    assert taken is not None
    heads = claims.failing(connection.pk, None)
    answers = [accepted(head, Outcome(status_code=500, error="HTTP_500")) for head in heads]

    kept = keep_record((connection.pk, taken[0].lease_token or ""), answers, Policy(short_ladder), 1)

    assert kept is not None
    assert kept.stopped is True
    workspace.refresh_from_db()
    before = [(gap.first_sequence, gap.last_sequence, gap.count) for gap in gaps.gaps_of(workspace, timezone.now())]
    assert before == [(3, None, 2), (1, 2, 2)]
    sweeper.sweep()
    after = [(gap.first_sequence, gap.last_sequence, gap.count) for gap in gaps.gaps_of(workspace, timezone.now())]
    assert after == before


def test_a_head_that_is_accepted_in_the_same_recording_hands_its_rung_on(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "a")
    long_ago = timezone.now() - timedelta(seconds=1000)
    Delivery.objects.update(recorded_at=long_ago)
    Delivery.objects.filter(sequence=1).update(rung=4, attempts=4, failing_since=long_ago, next_attempt_at=long_ago)
    taken = take(connection.pk)
    assert taken is not None
    [head] = claims.failing(connection.pk, None)
    [follower] = claims.followers(connection.pk, workspace.pk, head.chat, head.sequence).events
    answers = [accepted(head), accepted(follower, Outcome(status_code=500, error="HTTP_500"))]

    keep_record((connection.pk, taken[0].lease_token or ""), answers, Policy(settings.HAPP_RETRY_LADDER), 1)

    # A thousand seconds reach the fourth rung, the head's own; its failure there counts.
    assert Delivery.objects.get(sequence=2).rung == 5


def test_the_sweeper_counting_into_a_gap_and_a_new_connect_do_not_lose_it(
    workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    record(workspace, *["a"] * 10)
    disconnect_workspace(workspace.pk)
    counted = threading.Event()

    def settle() -> None:
        with transaction.atomic():
            sweeper.sweep()
            counted.set()
            time.sleep(0.4)
        database.close()

    sweeping = threading.Thread(target=settle)
    sweeping.start()
    counted.wait()
    connect(workspace, receiver.url)
    sweeping.join()

    assert Gap.objects.get().count == 10


def test_a_later_wait_has_its_own_countdown_though_an_earlier_one_is_out(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    Connection.objects.update(retry_at=timezone.now() + timedelta(seconds=1))

    countdown = courier_visit(connection.pk)[1].countdown

    assert countdown is not None
    assert 3.5 < countdown < 6.5


def test_a_countdown_that_cannot_be_sent_is_left_to_the_sweeper(caplog: pytest.LogCaptureFixture) -> None:
    class Brokerless:
        def retry(self, **_: object) -> None:
            raise Reject("the broker is away", requeue=False)

    tasks._retry(Brokerless(), 5.0)  # type: ignore[arg-type]

    assert "the sweeper will wake" in caplog.text


def test_no_text_of_a_message_is_in_any_repr(workspace: Workspace) -> None:
    event = owed("chat_1", 1)
    event.body = b"kanareyka"
    assert "kanareyka" not in repr(event)
    assert "kanareyka" not in repr(accepted(event))
