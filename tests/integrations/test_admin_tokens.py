"""API tokens, workspaces and members in the admin."""

from collections.abc import Callable

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from happ_webhooks.history.models import ApiToken, Membership, Workspace

LIST = reverse("admin:history_apitoken_changelist")


@pytest.fixture
def root(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


def issue(root: Client, workspace: Workspace) -> str:
    fields = {"name": "CRM", "workspace": workspace.pk, "scopes": ["manage", "backfill"]}
    answer = root.post(reverse("admin:history_apitoken_add"), fields, follow=True)
    assert answer.status_code == 200
    shown = answer.content.decode()
    return shown[shown.index("happ_") :][: len("happ_") + 43]


def test_a_token_is_shown_once_and_works(root: Client, workspace: Workspace) -> None:
    token = issue(root, workspace)
    (found,) = ApiToken.objects.all()
    assert (found.scopes, found.workspace, found.hash) == (["manage", "backfill"], workspace, ApiToken.digest(token))
    path = f"/api/v1/workspaces/{workspace.pk}/chat-webhook"
    assert Client().get(path, headers={"authorization": f"Bearer {token}"}).status_code == 200
    for page in (LIST, reverse("admin:history_apitoken_change", args=[found.pk])):
        shown = root.get(page).content.decode()
        assert "CRM" in shown
        assert token not in shown
        assert found.hash not in shown


def test_a_token_is_revoked_and_neither_changed_nor_deleted(root: Client, workspace: Workspace) -> None:
    token = issue(root, workspace)
    found = ApiToken.objects.get()
    page = reverse("admin:history_apitoken_change", args=[found.pk])
    assert root.post(page, {"name": "x", "scopes": ["ingest"]}).status_code == 403
    assert root.get(reverse("admin:history_apitoken_delete", args=[found.pk])).status_code == 403
    root.post(LIST, {"action": "revoke", "_selected_action": [found.pk]})
    found.refresh_from_db()
    assert found.revoked_at is not None
    path = f"/api/v1/workspaces/{workspace.pk}/chat-webhook"
    assert Client().get(path, headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_a_token_needs_a_scope(root: Client, workspace: Workspace) -> None:
    root.post(reverse("admin:history_apitoken_add"), {"name": "CRM", "workspace": workspace.pk})
    assert not ApiToken.objects.exists()


def test_workspaces_and_members_are_kept_and_not_deleted(
    root: Client, workspace: Workspace, person: Callable[..., User]
) -> None:
    member = person("olena")
    page = reverse("admin:history_workspace_change", args=[quote(workspace.pk)])
    assert root.get(page).status_code == 200
    fields = {
        "name": "Нова назва",
        "language": "en",
        "time_zone": "Europe/Kyiv",
        "membership_set-TOTAL_FORMS": "1",
        "membership_set-INITIAL_FORMS": "0",
        "membership_set-0-user": str(member.pk),
        "membership_set-0-role": "admin",
    }
    assert root.post(page, fields).status_code == 302
    workspace.refresh_from_db()
    assert workspace.name == "Нова назва"
    assert list(Membership.objects.values_list("user", "role")) == [(member.pk, "admin")]
    assert root.get(reverse("admin:history_workspace_delete", args=[quote(workspace.pk)])).status_code == 403
