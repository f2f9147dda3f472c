"""A recording whose COMMIT was cut off counts once: whether it reached the server, nobody was told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deliveries import sending
from deliveries.connections import disconnect_workspace
from deliveries.courier.lease import take
from deliveries.courier.run import Run
from deliveries.models import Connection, Delivery, DeliveryAttempt, Gap
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import Outcome
from tests.conftest import connect, record
from tests.model.breaking import How, Strike, breaking
from tests.model.endpoint import Endpoint, Post, always, answered

CUTS = [How.CUT_BEFORE, How.CUT_AFTER]
URL = "https://shop.example/happ"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    endpoint = Endpoint(always(200))
    monkeypatch.setattr(sending, "sender", lambda: endpoint)
    monkeypatch.setattr("deliveries.courier.recording.ASK_AGAIN", 0.01)
    return endpoint


def run_with_cut(connection: Connection, how: How, at: int = 1) -> Run:
    """A courier's run whose database connection breaks at its COMMIT number `at`."""
    taken = take(connection.pk)
    assert taken is not None
    run = Run(*taken)
    with breaking(Strike(at, how, matches=lambda sql: sql == "COMMIT")) as strike:
        run.work()
    assert strike.struck
    return run


def attempts() -> list[tuple[int, int, int | None]]:
    """Sequence, number and status of every attempt in the log."""
    found = DeliveryAttempt.objects.order_by("id").values_list("delivery__sequence", "number", "status_code")
    return list(found)


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.value)
def test_an_accepted_event_is_logged_once(workspace: Workspace, endpoint: Endpoint, how: How) -> None:
    connection = connect(workspace, URL)
    record(workspace, "a", "b")

    run = run_with_cut(connection, how)

    assert run.ended is None
    assert attempts() == [(1, 1, 200), (2, 1, 200)]
    assert list(Delivery.objects.values_list("status", "attempts")) == [("delivered", 1)] * 2
    assert endpoint.sequences() == [1, 2]


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.value)
def test_a_failure_counts_once_for_its_event_and_for_the_endpoint(
    workspace: Workspace, endpoint: Endpoint, how: How
) -> None:
    endpoint.script = always(500)
    connection = connect(workspace, URL)
    record(workspace, "a", "b")

    run_with_cut(connection, how)

    assert attempts() == [(1, 1, 500), (2, 1, 500)]
    assert list(Delivery.objects.values_list("rung", "attempts")) == [(1, 1)] * 2
    assert Connection.objects.get().failures_in_row == 2
    assert endpoint.pings == []


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.value)
def test_a_refused_ping_counts_once(workspace: Workspace, endpoint: Endpoint, how: How) -> None:
    endpoint.script = always(500)
    connection = connect(workspace, URL)
    record(workspace, "a", "b", "c")

    run_with_cut(connection, how, at=4)

    after = Connection.objects.get()
    assert (after.failures_in_row, after.ping_rung, after.down_since is not None) == (3, 1, True)
    assert len(endpoint.pings) == 1


def at_the_ceiling(*sequences: int) -> None:
    """These events have one try left, and something was accepted since their second."""
    past = timezone.now() - timedelta(seconds=60)
    tried = Delivery.objects.filter(sequence__in=sequences)
    tried.update(rung=3, attempts=3, failing_since=past, last_attempt_at=past, next_attempt_at=past)


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.value)
def test_a_dropped_event_is_in_its_gap_once(
    workspace: Workspace, endpoint: Endpoint, short_ladder: Ladder, how: How
) -> None:
    connection = connect(workspace, URL)
    record(workspace, "a", "b")
    at_the_ceiling(1)
    endpoint.script = lambda post: answered(500 if post.sequence == 1 else 200)

    run_with_cut(connection, how)

    assert list(Gap.objects.values_list("first_sequence", "last_sequence", "count")) == [(1, 1, 1)]
    assert attempts() == [(1, 4, 500), (2, 1, 200)]
    assert list(Delivery.objects.order_by("sequence").values_list("status", flat=True)) == ["dropped", "delivered"]


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.value)
def test_a_stop_is_a_stop_and_its_last_try_is_logged_once(
    workspace: Workspace, endpoint: Endpoint, short_ladder: Ladder, how: How
) -> None:
    connection = connect(workspace, URL)
    record(workspace, "a")
    at_the_ceiling(1)
    Connection.objects.update(last_accepted_at=None)
    endpoint.script = always(500)

    run = run_with_cut(connection, how)

    assert run.ended == "stopped"
    assert attempts() == [(1, 4, 500)]
    stopped = Connection.objects.get()
    assert (stopped.close_reason, stopped.failures_in_row) == ("MAX_RETRIES_EXCEEDED", 1)
    assert Gap.objects.count() == 1


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.value)
def test_an_answer_after_the_disconnect_is_logged_once(workspace: Workspace, endpoint: Endpoint, how: How) -> None:
    def script(post: Post) -> Outcome:
        from django.db import connection as database

        disconnect_workspace(workspace.pk)
        database.close()
        return answered(200)

    endpoint.script = script
    connection = connect(workspace, URL)
    record(workspace, "a")

    run = run_with_cut(connection, how)

    assert run.ended == "closed"
    assert attempts() == [(1, 1, 200)]
    assert Delivery.objects.get().status == "pending"
