"""One line for each attempt, of what is committed and nothing else."""

import logging
from typing import Any

import pytest
from django.db import connection as database

from deliveries.connections import disconnect_workspace
from deliveries.courier import logged
from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.trace import trace_of
from tests.conftest import connect, record, visit
from tests.deliveries.test_recording_cut import at_the_ceiling, endpoint, run_with_cut
from tests.model.breaking import How
from tests.model.endpoint import Endpoint, Post, always, answered

__all__ = ["endpoint"]

URL = "https://shop.example/happ?key=canary-in-the-query"


def lines(caplog: pytest.LogCaptureFixture, message: str = "attempt") -> list[dict[str, Any]]:
    found = [each for each in caplog.records if each.name == "deliveries.attempts" and each.message == message]
    assert all(each.levelno == logging.INFO for each in found)
    return [vars(each) for each in found]


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[Any, ...]]:
    names = ("event", "attempt", "outcome", "status_code", "verdict")
    return [tuple(line[name] for name in names) for line in lines(caplog)]


def test_a_line_says_who_what_when_and_to_which_trace(
    workspace: Workspace, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, URL)
    [accepted] = record(workspace, "a")

    visit(connection)

    [line] = lines(caplog)
    assert told(caplog) == [(accepted.id, 1, "delivered", 200, "delivered")]
    assert (line["workspace"], line["generation"]) == (workspace.pk, 1)
    assert line["trace"] == trace_of(accepted.id)
    assert line["ms"] >= 0
    assert "canary" not in repr([vars(each) for each in caplog.records if each.name.startswith("deliveries")])


def test_the_lines_of_a_recording_are_written_with_the_last_of_them(
    workspace: Workspace, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, URL)
    record(workspace, "a", "b", "c")

    visit(connection)

    assert [line["more_follows"] for line in lines(caplog)] == [True, True, False]


def test_failures_retries_and_drops_have_their_codes(
    workspace: Workspace, endpoint: Endpoint, short_ladder: Ladder, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, URL)
    first, second = record(workspace, "a", "b")
    at_the_ceiling(1)
    endpoint.script = lambda post: Outcome(error="TIMEOUT") if post.sequence == 1 else answered(500)

    visit(connection)

    assert sorted(told(caplog)) == sorted(
        [(first.id, 4, "TIMEOUT", None, "drop"), (second.id, 1, "HTTP_500", 500, "retry")]
    )


@pytest.mark.parametrize("how", [How.CUT_BEFORE, How.CUT_AFTER], ids=lambda how: how.value)
def test_a_commit_that_was_cut_off_is_told_once(
    workspace: Workspace, endpoint: Endpoint, how: How, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connect(workspace, URL)
    [accepted] = record(workspace, "a")

    run_with_cut(connection, how)

    assert told(caplog) == [(accepted.id, 1, "delivered", 200, "delivered")]


def test_no_line_is_written_before_the_commit(
    workspace: Workspace, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_transaction: list[bool] = []
    monkeypatch.setattr(logged.log, "info", lambda *_, **__: in_a_transaction.append(database.in_atomic_block))
    connection = connect(workspace, URL)
    record(workspace, "a", "b")

    visit(connection)

    assert in_a_transaction == [False, False]


def test_what_was_not_recorded_is_not_told(
    workspace: Workspace, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    def script(post: Post) -> Outcome:
        Connection.objects.update(lease_token="another")
        database.close()
        return answered(200)

    endpoint.script = script
    connection = connect(workspace, URL)
    record(workspace, "a")

    visit(connection)

    assert told(caplog) == []


def test_an_answer_after_the_disconnect_is_told_as_late(
    workspace: Workspace, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    def script(post: Post) -> Outcome:
        disconnect_workspace(workspace.pk)
        database.close()
        return answered(200)

    endpoint.script = script
    connection = connect(workspace, URL)
    [accepted] = record(workspace, "a")

    visit(connection)

    assert told(caplog) == [(accepted.id, 1, "delivered", 200, "late")]


def test_the_couriers_own_ping_has_a_line_of_its_own(
    workspace: Workspace, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.script = always(500)
    connection = connect(workspace, URL)
    record(workspace, "a", "b", "c")

    visit(connection)

    [line] = lines(caplog, "ping")
    assert (line["workspace"], line["outcome"], line["status_code"]) == (workspace.pk, "HTTP_500", 500)
    assert "event" not in line
    assert len(told(caplog)) == 3


def test_a_log_that_wants_no_lines_costs_none(
    workspace: Workspace, endpoint: Endpoint, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logged, "trace_of", lambda _: pytest.fail("made for nobody"))
    caplog.set_level(logging.WARNING, "deliveries.attempts")
    connection = connect(workspace, URL)
    record(workspace, "a")

    visit(connection)

    assert told(caplog) == []
    assert endpoint.sequences() == [1]
