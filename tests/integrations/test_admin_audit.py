"""The audit log in the admin: found by act, workspace, day and name; read, and nothing else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from happ_webhooks.history.audit import Actor, acting, note
from happ_webhooks.history.models import AuditEntry, Workspace
from tests.integrations.support import Person, address, page, staff_client

LIST = reverse("admin:history_auditentry_changelist")
Act = AuditEntry.Act
OLENA = Actor(door=AuditEntry.Door.PAGE, kind=AuditEntry.Kind.USER, id=7, name="olena", address="203.0.113.9")


@pytest.fixture
def root(person: Person) -> Client:
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def kept(workspace: Workspace) -> Workspace:
    """Two entries of this workspace, one of another, one of none; and that of the sign-in."""
    with acting(OLENA):
        note(Act.CONNECTED, workspace.pk, connection=3, url="https://crm.example/hook?token=kanareyka")
        note(Act.DISCONNECTED, workspace.pk, connection=3)
    note(Act.PAUSED, Workspace.objects.create(name="Інша").pk, minutes=15)
    note(Act.TOKEN_MADE, None)
    return workspace


def rows(client: Client, **query: str) -> list[str]:
    """The acts that are listed, newest first, without the sign-in of whoever looks."""
    return [found for found in re.findall(r'field-act">([^<]+)<', page(client, LIST, **query)) if "Staff" not in found]


def test_the_list_says_who_did_what_from_where(root: Client, kept: Workspace) -> None:
    shown = page(root, LIST, act="connected")
    for part in ("User olena", "203.0.113.9", kept.pk, "host crm.example, connection 3", ">Page<"):
        assert part in shown
    assert "kanareyka" not in shown
    assert rows(root) == ["Token made", "Paused", "Disconnected", "Connected"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"act": "paused"}, ["Paused"]),
        ({"door": "page"}, ["Disconnected", "Connected"]),
        ({"actor_kind": "user", "act": "connected"}, ["Connected"]),
        ({"q": "olen"}, ["Disconnected", "Connected"]),
        ({"q": "інша"}, ["Paused"]),
        ({"q": "ws_nobody"}, []),
        ({"q": "\0"}, ["Token made", "Paused", "Disconnected", "Connected"]),
    ],
)
def test_entries_are_found_by_act_door_workspace_and_name(
    root: Client, kept: Workspace, query: dict[str, str], found: list[str]
) -> None:
    assert rows(root, **query) == found


def test_entries_are_found_by_day(root: Client, kept: Workspace) -> None:
    long_ago = timezone.now() - timedelta(days=200)
    AuditEntry.objects.create(act=Act.RESUMED, door="none", actor_kind="nobody", at=long_ago)
    assert rows(root, day=f"{long_ago.astimezone(UTC):%Y-%m-%d}") == ["Resumed"]
    assert rows(root, day=f"{datetime.now(UTC):%Y-%m-%d}", act="paused") == ["Paused"]
    assert len(rows(root, day="no day")) == 5


def test_an_integration_leads_to_its_own_entries(root: Client, kept: Workspace) -> None:
    [link] = re.findall(r'href="([^"]*)">Audit log<', page(root, address(kept)).partition("object-tools")[2])
    assert link == f"{LIST}?q={kept.pk}"
    assert rows(root, q=kept.pk) == ["Disconnected", "Connected"]


def test_who_may_not_read_the_log_gets_neither_the_link_nor_the_list(person: Person, kept: Workspace) -> None:
    client = staff_client(person)
    assert "Audit log" not in page(client, address(kept))
    for path in (LIST, f"{LIST}csv/", f"{LIST}{AuditEntry.objects.first().pk}/change/"):  # type: ignore[union-attr]
        assert client.get(path).status_code == 403


def test_nothing_is_added_changed_or_deleted_by_anybody(root: Client, kept: Workspace) -> None:
    before = list(AuditEntry.objects.order_by("pk").values())
    entry = AuditEntry.objects.get(act="connected")
    sent = {
        reverse("admin:history_auditentry_add"): {"act": "paused"},
        reverse("admin:history_auditentry_change", args=[entry.pk]): {"act": "paused"},
        reverse("admin:history_auditentry_delete", args=[entry.pk]): {"post": "yes"},
        LIST: {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"},
    }
    assert [root.post(path, fields).status_code for path, fields in sent.items()] == [403, 403, 403, 200]
    assert list(AuditEntry.objects.order_by("pk").values()) == before


def test_a_page_is_taken_away_as_csv(root: Client, kept: Workspace) -> None:
    lines = root.get(f"{LIST}csv/", {"act": "connected"}).content.decode().splitlines()
    assert lines[0] == "at,act,actor_kind,actor_id,actor_name,door,address,workspace_id,told"
    [line] = lines[1:]
    told = f'connected,user,7,olena,page,203.0.113.9,{kept.pk},"host crm.example, connection 3"'
    assert line.partition(",")[2] == told
