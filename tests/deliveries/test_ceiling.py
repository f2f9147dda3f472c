"""What ends at the ceiling: one event, or the stream; and the gaps that are left."""

import pytest
from django.conf import settings
from django.utils import timezone

from deliveries import sweeper
from deliveries.gaps import gaps_of
from deliveries.models import Connection, Delivery, Gap
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Receiver

pytestmark = pytest.mark.usefixtures("short_ladder")


def fail_until_it_ends(connection: Connection) -> str:
    word = "waiting"
    for _ in range(60):
        word = visit(connection)
        if word != "waiting":
            break
        time_passes(0.3)
    return word


def test_a_dead_endpoint_stops_the_stream_and_all_that_waits_counts_as_dropped(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "b", "c", "a")

    assert fail_until_it_ends(connection) == "stopped"

    stopped = Connection.objects.get()
    assert (stopped.close_reason, stopped.is_stopped) == ("MAX_RETRIES_EXCEEDED", True)
    workspace.refresh_from_db()
    [gap] = gaps_of(workspace, timezone.now())
    assert (gap.reason, gap.first_sequence, gap.last_sequence, gap.count) == ("MAX_RETRIES_EXCEEDED", 1, None, 4)
    sent = len(receiver.arrivals)
    sweeper.sweep()
    assert visit(connection) == "busy"
    assert len(receiver.arrivals) == sent
    assert set(Delivery.objects.values_list("status", "reason")) == {("dropped", "MAX_RETRIES_EXCEEDED")}
    assert gaps_of(workspace, timezone.now())[0].count == 4
    assert Connection.objects.get().settled_at is not None


def test_events_recorded_while_stopped_belong_to_the_gap_which_the_next_connect_closes(
    workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 500
    fail_until_it_ends_on = connect(workspace, receiver.url)
    record(workspace, "a")
    assert fail_until_it_ends(fail_until_it_ends_on) == "stopped"
    assert [each.state for each in record(workspace, "a", "b")] == ["recorded", "recorded"]

    receiver.script = lambda arrival: 200
    receiver.arrivals.clear()
    connection = connect(workspace, receiver.url)
    record(workspace, "a")
    visit(connection)

    assert receiver.sequences() == [4]
    workspace.refresh_from_db()
    [gap] = gaps_of(workspace, timezone.now())
    assert (gap.first_sequence, gap.last_sequence, gap.count) == (1, 3, 3)
    assert gap.closed_at is not None
    assert connection.number == 2


def test_one_poison_event_is_dropped_alone_and_its_chat_goes_on(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500 if arrival.event["sequence"] == 1 else 200
    connection = connect(workspace, receiver.url)
    record(workspace, "bad", "bad")

    for _ in range(12):
        visit(connection)
        time_passes(0.3)

    assert list(Delivery.objects.order_by("sequence").values_list("status", "reason")) == [
        ("dropped", "MAX_RETRIES_EXCEEDED"),
        ("delivered", ""),
    ]
    assert Connection.objects.get().is_open
    gap = Gap.objects.get()
    assert (gap.first_sequence, gap.last_sequence, gap.count) == (1, 1, 1)
    assert Delivery.objects.get(sequence=1).rung == 4


def test_a_bad_chat_lags_one_ladder_not_days(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500 if arrival.event.get("chat_id") == "bad" else 200
    connection = connect(workspace, receiver.url)
    record(workspace, "bad", "bad", "bad")

    for _ in range(12):
        visit(connection)
        time_passes(0.3)
        record(workspace, "good")

    tries = list(Delivery.objects.filter(chat_id="bad").order_by("sequence").values_list("attempts", "rung", "status"))
    assert tries[0][1:] == (4, "dropped")
    assert tries[1] == (1, 4, "dropped")
    assert tries[2] == (1, 4, "dropped")


def test_410_stops_only_if_the_ping_that_follows_is_answered_410_too(workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 200 if arrival.is_ping else 410
    connection = connect(workspace, receiver.url)
    record(workspace, "a")
    visit(connection)
    visits(connection)
    assert Connection.objects.get().is_open
    assert len(receiver.pings) >= 1

    receiver.script = lambda arrival: 410
    time_passes(0.3)
    assert fail_until_it_ends(connection) == "stopped"
    assert Connection.objects.get().close_reason == "GONE"
    sweeper.sweep()
    assert set(Delivery.objects.values_list("status", "reason")) == {("dropped", "GONE")}


def test_a_flapping_endpoint_drops_nothing_before_its_ladder_has_run(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HAPP_RETRY_LADDER", Ladder((100, 100, 100)))
    receiver.script = lambda arrival: 200 if arrival.is_ping else 500
    connection = connect(workspace, receiver.url)
    record(workspace, *[f"chat_{number}" for number in range(10)])

    for _ in range(20):
        visit(connection)
        time_passes(5)

    assert Connection.objects.get().is_open
    assert set(Delivery.objects.values_list("status", flat=True)) == {"pending"}
    assert max(Delivery.objects.values_list("rung", flat=True)) <= 2
