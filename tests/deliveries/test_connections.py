"""Promise 8 and the gaps: nothing of an earlier connection reaches a later one, and what is missed is known."""

from unittest.mock import Mock

import pytest
from django.utils import timezone

from deliveries import gaps, sweeper
from deliveries.connections import disconnect_workspace
from deliveries.gaps import gaps_of
from deliveries.models import Connection, Delivery, Gap
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record, visit
from tests.receiver import Receiver


def test_after_a_new_connect_only_new_events_flow(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    record(workspace, "a", "b")
    later = Receiver()
    connection = connect(workspace, later.url)
    record(workspace, "a")

    visit(connection)
    visit(Connection.objects.get(number=1))

    assert later.sequences() == [3]
    assert receiver.sequences() == []
    first = Connection.objects.get(number=1)
    assert (first.close_reason, first.closed_at is not None) == ("DISCONNECTED", True)
    later.close()


def test_a_disconnect_touches_one_row_and_the_sweeper_settles_what_waits_in_chunks(
    workspace: Workspace, receiver: Receiver, monkeypatch: object
) -> None:
    sweeper_chunk, sweeper.CHUNK = sweeper.CHUNK, 3
    connect(workspace, receiver.url)
    record(workspace, *["a"] * 8)

    assert disconnect_workspace(workspace.pk) is True

    assert Delivery.objects.filter(status="pending").count() == 8
    workspace.refresh_from_db()
    assert gaps_of(workspace, timezone.now())[0].count == 8
    sweeper.sweep()
    sweeper.CHUNK = sweeper_chunk
    assert set(Delivery.objects.values_list("status", "reason")) == {("cancelled", "DISCONNECTED")}
    assert gaps_of(workspace, timezone.now())[0].count == 8
    assert Gap.objects.get().count == 8


def test_a_second_disconnect_changes_nothing(workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    assert disconnect_workspace(workspace.pk) is True
    before = Connection.objects.values().get()
    assert disconnect_workspace(workspace.pk) is False
    assert Connection.objects.values().get() == before
    assert Gap.objects.count() == 1


def test_a_gap_with_nothing_in_it_is_not_shown_and_goes_with_the_next_connect(
    workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    disconnect_workspace(workspace.pk)
    assert gaps_of(workspace, timezone.now()) == []
    connect(workspace, receiver.url)
    assert Gap.objects.count() == 0


def test_the_gap_of_a_disconnect_reaches_to_the_next_connect(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "a")
    visit(connection)
    record(workspace, "a")
    disconnect_workspace(workspace.pk)
    record(workspace, "a", "b", "c")
    workspace.refresh_from_db()
    [gap] = gaps_of(workspace, timezone.now())
    assert (gap.reason, gap.first_sequence, gap.last_sequence, gap.count) == ("DISCONNECTED", 3, None, 4)

    connect(workspace, receiver.url)
    record(workspace, "a")

    workspace.refresh_from_db()
    [gap] = gaps_of(workspace, timezone.now())
    assert (gap.first_sequence, gap.last_sequence, gap.count) == (3, 6, 4)


def test_no_more_gaps_are_looked_at_than_asked_for(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        connect(workspace, receiver.url)
        record(workspace, "a")
        disconnect_workspace(workspace.pk)
    workspace.refresh_from_db()
    view = Mock(wraps=gaps._view)
    monkeypatch.setattr(gaps, "_view", view)
    assert len(gaps_of(workspace, timezone.now(), limit=1)) == 1
    assert view.call_count == 1


def test_what_is_recorded_after_a_connection_that_closed_before_the_first_event_is_a_gap(
    workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    disconnect_workspace(workspace.pk)
    record(workspace, "a", "b")
    workspace.refresh_from_db()
    [gap] = gaps_of(workspace, timezone.now())
    assert (gap.first_sequence, gap.last_sequence, gap.count) == (1, None, 2)

    connect(workspace, receiver.url)

    workspace.refresh_from_db()
    [gap] = gaps_of(workspace, timezone.now())
    assert (gap.first_sequence, gap.last_sequence, gap.count) == (1, 2, 2)


def test_counts_add_up_whatever_happened(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "b")
    visit(connection)
    record(workspace, "a")
    connect(workspace, receiver.url)
    record(workspace, "b")
    disconnect_workspace(workspace.pk)
    record(workspace, "c")
    sweeper.sweep()

    statuses = list(Delivery.objects.order_by("sequence").values_list("status", flat=True))
    assert statuses == ["delivered", "delivered", "cancelled", "cancelled"]
