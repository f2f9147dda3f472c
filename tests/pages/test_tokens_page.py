"""The page of API tokens: made, shown once, revoked, by admins of their own workspace."""

import re

import pytest
from django.test import Client

from happ_webhooks.history import tokens
from happ_webhooks.history.models import ApiToken, Workspace
from tests.pages.account import client_of, member, text

NEW = re.compile(r'id="new-token">(happ_[\w-]{43})<')


@pytest.fixture
def workspace(db: None) -> Workspace:
    """In a transaction that is rolled back: faster than the one that other threads see."""
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def admin(workspace: Workspace) -> Client:
    return client_of(member(workspace, "olena"))


def address(workspace: Workspace, below: str = "") -> str:
    return f"/integrations/{workspace.pk}/tokens/{below}"


def create(client: Client, workspace: Workspace, name: str = "CRM", *scopes: str, status: int = 200) -> str:
    return text(client.post(address(workspace), {"name": name, "scopes": scopes or ("manage",)}), status)


def test_a_token_is_in_the_answer_to_its_form_and_works(admin: Client, workspace: Workspace) -> None:
    assert "There are none yet." in text(admin.get(address(workspace)))
    answer = admin.post(address(workspace), {"name": "CRM", "scopes": ["manage", "backfill"]})
    found = NEW.search(text(answer))
    assert found
    assert "no-store" in answer["cache-control"]
    row = ApiToken.objects.get()
    assert (row.name, row.scopes, row.workspace, row.hash) == (
        "CRM",
        ["manage", "backfill"],
        workspace,
        ApiToken.digest(found[1]),
    )
    path = f"/api/v1/workspaces/{workspace.pk}/chat-webhook"
    assert Client().get(path, headers={"authorization": f"Bearer {found[1]}"}).status_code == 200


def test_a_token_is_nowhere_else(admin: Client, workspace: Workspace) -> None:
    answer = admin.post(address(workspace), {"name": "CRM", "scopes": ["manage"]})
    found = NEW.search(text(answer))
    assert found
    page = text(admin.get(address(workspace)))
    assert "CRM" in page
    assert found[1] not in page
    assert ApiToken.objects.get().hash not in page
    assert found[1] not in str(dict(admin.session)) + str(admin.cookies) + str(answer.headers)


def test_the_form_sent_again_makes_no_second_token_and_says_so(admin: Client, workspace: Workspace) -> None:
    create(admin, workspace)
    again = create(admin, workspace, status=422)
    assert "so none was created" in again
    assert not NEW.search(again)
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "scopes": ["manage"]},
        {"name": "CRM"},
        {"name": "CRM", "scopes": ["root"]},
        {"name": "x" * 101, "scopes": ["manage"]},
        {"name": "a\0b", "scopes": ["manage"]},
    ],
    ids=["no name", "no scope", "unknown scope", "long name", "NUL"],
)
def test_a_form_that_is_not_filled_in_makes_none(
    admin: Client, workspace: Workspace, fields: dict[str, object]
) -> None:
    assert 'role="alert"' in text(admin.post(address(workspace), fields), 422)
    assert not ApiToken.objects.exists()


def test_the_limit_is_said_plainly(admin: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_LIVE_TOKENS", 1)
    create(admin, workspace)
    assert "A workspace can have 1 tokens." in create(admin, workspace, "second", status=422)


def test_only_tokens_of_this_workspace_show(admin: Client, workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Сусіди")
    theirs, _ = ApiToken.issue(name="theirs", scopes=["manage"], workspace=other)
    everywhere, _ = ApiToken.issue(name="everywhere", scopes=["manage"])
    page = text(admin.get(address(workspace)))
    assert "theirs" not in page
    assert "everywhere" not in page
    for token in (theirs, everywhere):
        for send in (admin.get, admin.post):
            assert send(address(workspace, f"{token.pk}/revoke/")).status_code == 404
        token.refresh_from_db()
        assert token.revoked_at is None


@pytest.mark.parametrize("by_script", [False, True], ids=["page", "dialog"])
def test_a_token_is_revoked_after_a_question(admin: Client, workspace: Workspace, by_script: bool) -> None:
    headers = {"HX-Request": "true"} if by_script else {}
    row, token = ApiToken.issue(name="CRM", scopes=["manage"], workspace=workspace)
    path = address(workspace, f"{row.pk}/revoke/")
    question = text(admin.get(path, headers=headers))
    assert "Revoke the token CRM?" in question
    assert ("<html" in question) is not by_script
    row.refresh_from_db()
    assert row.revoked_at is None
    answer = admin.post(path, headers=headers)
    goal = answer["hx-redirect"] if by_script else answer["location"]
    assert (goal, answer.status_code) == (address(workspace), 200 if by_script else 303)
    api = f"/api/v1/workspaces/{workspace.pk}/chat-webhook"
    assert Client().get(api, headers={"authorization": f"Bearer {token}"}).status_code == 401
    assert "The token CRM is revoked." in text(admin.get(address(workspace)))
    assert admin.get(path).status_code == 303


@pytest.mark.parametrize("below", ["", "revoke"], ids=["list", "revoke"])
def test_members_are_refused_and_strangers_find_nothing(workspace: Workspace, below: str) -> None:
    row, _ = ApiToken.issue(name="CRM", scopes=["manage"], workspace=workspace)
    path = address(workspace, f"{row.pk}/revoke/" if below else "")
    assistant = client_of(member(workspace, "taras", "member"))
    stranger = client_of(member(Workspace.objects.create(name="Сусіди"), "neighbour"))
    for client, status in ((assistant, 403), (stranger, 404), (Client(), 302)):
        assert client.get(path).status_code == status
        assert client.post(path, {"name": "x", "scopes": ["manage"]}).status_code == status
    assert list(ApiToken.objects.values_list("name", "revoked_at")) == [("CRM", None)]


def test_a_form_without_its_csrf_token_makes_none(workspace: Workspace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member(workspace, "olena").user)
    assert create(client, workspace, status=403)
    assert not ApiToken.objects.exists()
