"""An operator holds back what goes to one endpoint: nothing is lost, and nothing is sent meanwhile."""

from deliveries.models import Connection, Delivery
from deliveries.pausing import pause, resume
from deliveries.sweeper import sweep
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Receiver


def test_nothing_is_sent_in_a_pause_and_all_of_it_in_order_afterwards(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    assert pause(workspace.pk, 15) is not None
    record(workspace, "chat_1", "chat_1", "chat_2")
    assert visit(connection) == "waiting"
    assert receiver.arrivals == []

    time_passes(15 * 60 + 1)

    visits(connection)
    assert [event["sequence"] for event in receiver.events if event["chat_id"] == "chat_1"] == [1, 2]
    assert Delivery.objects.filter(status="delivered").count() == 3


def test_the_end_of_a_pause_wakes_a_courier_also_where_nothing_waited_at_its_start(
    workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    pause(workspace.pk, 1)
    record(workspace, "chat_1")
    assert sweep() == 0

    time_passes(62)

    assert sweep() == 1


def test_resuming_ends_it_early_and_the_next_sweep_brings_a_courier(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    pause(workspace.pk, 60)
    record(workspace, "chat_1")
    assert resume(workspace.pk)
    assert not resume(workspace.pk)

    visits(connection)

    assert [event["sequence"] for event in receiver.events] == [1]


def test_another_workspace_is_not_paused(workspace: Workspace, receiver: Receiver) -> None:
    other = connect(Workspace.objects.create(name="Інша"), receiver.url)
    connect(workspace, receiver.url)

    pause(workspace.pk, 15)

    assert Connection.objects.get(paused_until=None) == other


def test_without_a_connection_there_is_nothing_to_pause(workspace: Workspace) -> None:
    assert pause(workspace.pk, 15) is None
    assert not resume(workspace.pk)
