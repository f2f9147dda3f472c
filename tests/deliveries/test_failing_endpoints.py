"""Section 7 of the promises on real sockets: down is not many failures, and back again."""

from django.utils import timezone

from deliveries.connections import Settings, edit_connection, endpoint_accepted_ping
from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.outcome import Outcome
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Arrival, Receiver, Reply


def chats(number: int) -> list[str]:
    return [f"chat_{index}" for index in range(number)]


def test_after_three_failures_in_a_row_a_ping_asks_and_while_it_fails_only_the_oldest_event_climbs(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 503
    connection = connect(workspace, receiver.url)
    record(workspace, *chats(20))

    assert visit(connection) == "waiting"

    assert receiver.sequences() == [1, 2, 3]
    [ping] = receiver.pings
    assert ping.headers["happ-test"] == "1"
    assert ping.event["sequence"] == 0
    time_passes(7)
    assert visit(connection) == "waiting"
    assert receiver.sequences() == [1, 2, 3, 1]
    assert len(receiver.pings) == 2
    assert Delivery.objects.filter(attempts__gt=0).count() == 3


def test_new_events_of_a_down_endpoint_wake_nobody(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 503
    connection = connect(workspace, receiver.url)
    record(workspace, *chats(3))
    visit(connection)
    before = Connection.objects.get()

    record(workspace, "another")

    after = Connection.objects.get()
    assert (after.wake_at, after.wake_sent_at) == (before.wake_at, before.wake_sent_at)


def test_an_accepted_ping_drains_everything_at_once_in_order(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 503
    connection = connect(workspace, receiver.url)
    record(workspace, *chats(5), *chats(5))
    visit(connection)
    receiver.arrivals.clear()
    receiver.script = lambda arrival: 200
    time_passes(7)

    assert visit(connection) in {"delivered", "waiting"}
    visits(connection)

    assert len(receiver.pings) >= 1
    for chat in chats(5):
        assert receiver.sequences(chat) == sorted(receiver.sequences(chat))
    assert sorted(set(receiver.sequences())) == list(range(1, 11))
    assert Delivery.objects.filter(status="delivered").count() == 10
    assert Connection.objects.get().down_since is None


def test_a_ping_that_is_answered_lets_the_other_chats_flow_while_one_event_is_refused(
    workspace: Workspace, receiver: Receiver
) -> None:
    def script(arrival: Arrival) -> int:
        return 500 if arrival.event.get("chat_id", "").startswith("bad") else 200

    receiver.script = script
    connection = connect(workspace, receiver.url)
    record(workspace, "bad_1", "bad_2", "bad_3", *chats(10))

    visit(connection)
    visits(connection)

    assert len(receiver.pings) >= 1
    assert Delivery.objects.filter(status="delivered").count() == 10
    assert set(Delivery.objects.filter(status="pending").values_list("rung", flat=True)) == {1}


def test_an_early_try_after_a_ping_is_logged_but_moves_no_rung(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 200 if arrival.is_ping else 500
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    visit(connection)
    endpoint_accepted_ping(connection.pk, Outcome(status_code=200), timezone.now())

    visit(connection)
    endpoint_accepted_ping(connection.pk, Outcome(status_code=200), timezone.now())
    visit(connection)

    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.rung, delivery.early_spent) == (2, 1, True)
    assert DeliveryAttempt.objects.count() == 2


def test_retry_after_holds_for_the_whole_endpoint_and_the_couriers_pings(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: Reply(429, headers={"retry-after": "90"})
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1", "chat_2")

    visit(connection)
    assert len(receiver.arrivals) == 1
    time_passes(80)
    visit(connection)
    assert len(receiver.arrivals) == 1
    receiver.script = lambda arrival: 200
    time_passes(11)
    visit(connection)

    assert sorted(set(receiver.sequences())) == [1, 2]
    assert Delivery.objects.filter(status="delivered").count() == 2


def test_settings_saved_make_what_waits_due_at_the_new_address(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 401
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")
    visit(connection)
    new = Receiver()

    saved = Settings(url=new.url, password="", auth={"scheme": "bearer"})
    assert edit_connection(connection.pk, saved, Outcome(status_code=200)) is True
    visit(connection)

    assert new.sequences() == [1]
    assert receiver.sequences() == [1]
    edited = Connection.objects.get()
    assert (edited.number, edited.edited_at is not None) == (1, True)
    new.close()


def test_the_window_is_one_after_a_failure_and_grows_with_clean_rounds(
    workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, *chats(30))
    visit(connection)
    visits(connection)
    assert Connection.objects.get().window == 8

    receiver.script = lambda arrival: 500
    record(workspace, "chat_1")
    visit(connection)
    assert Connection.objects.get().window == 1
