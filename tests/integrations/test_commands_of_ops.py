"""The command line of an operator: who floods, pauses, tokens that leaked."""

import io
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection as database

from deliveries.models import Connection
from happ_webhooks.history.models import ApiToken, Workspace
from integrations.loudest import LOUDEST
from tests.conftest import connect, record
from tests.integrations.test_commands import said
from tests.receiver import Receiver


def test_the_loudest_workspaces_come_first_with_what_waits(workspace: Workspace, receiver: Receiver) -> None:
    quiet = Workspace.objects.create(name="Тиха")
    connect(workspace, receiver.url)
    record(quiet, "chat_1")
    record(workspace, "chat_1", "chat_2", "chat_3")

    rows = [line.split() for line in said("loudest").splitlines()[1:]]

    assert rows == [[workspace.pk, "3", "3", "-", "-", "Кав'ярня"], [quiet.pk, "1", "-", "-", "-", "Тиха"]]
    assert len(said("loudest", "--most", 1).splitlines()) == 2


def test_the_loudest_are_found_by_the_index_of_times(db: None) -> None:
    with database.cursor() as cursor:
        # In a table this small nothing would be asked of an index otherwise.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {LOUDEST}", {"minutes": 10, "most": 5})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Bitmap Index Scan on event_recorded" in plan


def test_a_pause_and_its_end_are_said(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    until = said("pause", workspace.pk, "--minutes", 30)
    connection.refresh_from_db()
    assert until == f"Paused until {connection.paused_until:%Y-%m-%d %H:%M:%S} UTC.\n"
    assert said("resume", workspace.pk) == "Resumed.\n"
    assert Connection.objects.get().paused_until is None


def test_what_cannot_be_paused_is_named(workspace: Workspace, receiver: Receiver) -> None:
    with pytest.raises(CommandError, match="is not connected"):
        said("pause", workspace.pk)
    connect(workspace, receiver.url)
    with pytest.raises(CommandError, match="1 to 60 minutes"):
        said("pause", workspace.pk, "--minutes", 61)
    with pytest.raises(CommandError, match="is not paused"):
        said("resume", workspace.pk)


def test_a_token_that_was_found_is_named_and_revoked(workspace: Workspace, monkeypatch: Any) -> None:
    leaked, secret = ApiToken.issue(name="crm", scopes=["ingest"], workspace=workspace)
    kept, _ = ApiToken.issue(name="platform", scopes=["ingest", "manage"])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))

    [line] = said("tokens", "--which").splitlines()[1:]

    assert line.split()[:3] == [str(leaked.pk), workspace.pk, "ingest"]
    assert secret not in line
    assert said("tokens", "--revoke", leaked.pk) == f"Revoked: {leaked.pk}.\n"
    assert [row.split()[0] for row in said("tokens").splitlines()[1:]] == [str(kept.pk)]
    with pytest.raises(CommandError, match="None of these"):
        said("tokens", "--revoke", leaked.pk)


def test_tokens_of_a_workspace_include_those_for_every_one(workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Інша")
    own, _ = ApiToken.issue(name="own", scopes=["manage"], workspace=workspace)
    everywhere, _ = ApiToken.issue(name="all", scopes=["ingest"])
    ApiToken.issue(name="other", scopes=["manage"], workspace=other)

    rows = said("tokens", "--workspace", workspace.pk).splitlines()[1:]

    assert [row.split()[0] for row in rows] == [str(own.pk), str(everywhere.pk)]
