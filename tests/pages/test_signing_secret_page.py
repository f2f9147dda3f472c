"""The page of the signing secret: hidden, shown, rotated, for admins."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from happ_webhooks.history.models import Workspace
from integrations.models import Integration
from integrations.signing import signing_secret
from tests.pages.account import client_of, member, text


@pytest.fixture
def workspace(db: None) -> Workspace:
    """In a transaction that is rolled back: faster than the one that other threads see."""
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def admin(workspace: Workspace) -> Client:
    return client_of(member(workspace, "olena"))


def address(workspace: Workspace, below: str = "") -> str:
    return f"/integrations/{workspace.pk}/signing-secret/{below}"


def seen(admin: Client, workspace: Workspace) -> str:
    found = re.search(r'name="seen"\s+value="(\w+)"', text(admin.get(address(workspace, "rotate/"))))
    assert found
    return found[1]


def test_the_secret_is_hidden_until_asked_for(admin: Client, workspace: Workspace) -> None:
    secret = signing_secret(workspace.pk).signing_secret
    hidden = admin.get(address(workspace))
    assert secret not in text(hidden)
    shown = admin.post(address(workspace))
    assert f'id="signing-secret">{secret}<' in text(shown)
    for answer in (hidden, shown):
        assert "no-store" in answer["cache-control"]
    assert secret not in text(admin.get(address(workspace))) + text(admin.get(address(workspace, "rotate/")))
    assert secret not in str(dict(admin.session)) + str(admin.cookies)


def test_a_rotation_asks_and_then_says_until_when_both_sign(admin: Client, workspace: Workspace) -> None:
    old = signing_secret(workspace.pk).signing_secret
    mark = seen(admin, workspace)
    assert signing_secret(workspace.pk).signing_secret == old
    answer = admin.post(address(workspace, "rotate/"), {"seen": mark})
    assert (answer.status_code, answer["location"]) == (303, address(workspace))
    assert signing_secret(workspace.pk).signing_secret != old
    until = Integration.objects.get().previous_expires_at
    assert until is not None
    assert abs(until - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    page = text(admin.get(address(workspace)))
    assert "There is a new secret." in page
    assert re.search(r"signs as well until\s+<time datetime=", page)


@pytest.mark.parametrize("form", ["the same form again", "no mark"])
def test_a_form_sent_twice_rotates_once(admin: Client, workspace: Workspace, form: str) -> None:
    mark = seen(admin, workspace)
    admin.post(address(workspace, "rotate/"), {"seen": mark})
    once = signing_secret(workspace.pk)
    admin.post(address(workspace, "rotate/"), {"seen": mark} if form == "the same form again" else {})
    assert signing_secret(workspace.pk) == once
    assert "rotated meanwhile" in text(admin.get(address(workspace)))


def test_a_rotation_soon_after_another_says_what_it_ends(admin: Client, workspace: Workspace) -> None:
    assert "Both secrets sign for 24 hours" in text(admin.get(address(workspace, "rotate/")))
    admin.post(address(workspace, "rotate/"), {"seen": seen(admin, workspace)})
    assert "It ends at once if you rotate again." in text(admin.get(address(workspace, "rotate/")))


@pytest.mark.parametrize("below", ["", "rotate/"], ids=["page", "rotate"])
def test_members_are_refused_and_strangers_find_nothing(workspace: Workspace, below: str) -> None:
    secret = signing_secret(workspace.pk)
    assistant = client_of(member(workspace, "taras", "member"))
    stranger = client_of(member(Workspace.objects.create(name="Сусіди"), "neighbour"))
    for client, status in ((assistant, 403), (stranger, 404), (Client(), 302)):
        assert client.get(address(workspace, below)).status_code == status
        assert client.post(address(workspace, below)).status_code == status
    assert signing_secret(workspace.pk) == secret
