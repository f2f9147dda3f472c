"""Tokens of a workspace: one live token of a name, fifty at most, revoked for ever."""

import threading

import pytest
from django.db import connection as database

from happ_webhooks.history import tokens
from happ_webhooks.history.models import ApiToken, Workspace


def test_a_name_is_free_again_once_its_token_is_revoked(workspace: Workspace) -> None:
    first, _ = tokens.issue(name="CRM", scopes=["manage"], workspace=workspace)
    for name in ("CRM", "crm"):
        with pytest.raises(tokens.NameTaken):
            tokens.issue(name=name, scopes=["ingest"], workspace=workspace)
    tokens.revoke(ApiToken.objects.filter(pk=first.pk))
    second, token = tokens.issue(name="CRM", scopes=["ingest"], workspace=workspace)
    assert second.hash == ApiToken.digest(token)
    assert ApiToken.objects.count() == 2


def test_other_workspaces_have_names_and_limits_of_their_own(workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Сусіди")
    for owner in (workspace, other, None, None):
        tokens.issue(name="CRM", scopes=["manage"], workspace=owner)
    assert [token.workspace_id for token in tokens.tokens_of(workspace)] == [workspace.pk]


def test_a_workspace_has_fifty_live_tokens_at_most(workspace: Workspace) -> None:
    for number in range(50):
        tokens.issue(name=f"t{number}", scopes=["manage"], workspace=workspace)
    with pytest.raises(tokens.TooManyTokens):
        tokens.issue(name="one more", scopes=["manage"], workspace=workspace)
    tokens.revoke(ApiToken.objects.filter(name="t7"))
    tokens.issue(name="one more", scopes=["manage"], workspace=workspace)
    assert ApiToken.objects.filter(revoked_at=None).count() == 50


def test_the_time_of_a_revocation_stays_that_of_the_first(workspace: Workspace) -> None:
    token, _ = tokens.issue(name="CRM", scopes=["manage"], workspace=workspace)
    found = tokens.tokens_of(workspace)
    assert tokens.revoke(found) == [token]
    token.refresh_from_db()
    before = token.revoked_at
    assert before is not None
    assert tokens.revoke(found) == []
    token.refresh_from_db()
    assert token.revoked_at == before


def test_one_form_sent_twice_at_once_makes_one_token(workspace: Workspace) -> None:
    start, made, refused = threading.Barrier(2), [], []

    def send() -> None:
        start.wait()
        try:
            made.append(tokens.issue(name="CRM", scopes=["manage"], workspace=workspace))
        except tokens.NameTaken:
            refused.append("CRM")
        finally:
            database.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), refused, ApiToken.objects.count()) == (1, ["CRM"], 1)
