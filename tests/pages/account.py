"""What the tests of the account pages share: people in a workspace, and reading what a page shows."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from happ_webhooks.history.models import Membership, Workspace


def member(workspace: Workspace, name: str, role: str = "admin") -> Membership:
    user = User.objects.create_user(name)
    return Membership.objects.create(workspace=workspace, user=user, role=role)


def client_of(membership: Membership) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(membership.user)
    return client


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    page: str = answer.content.decode()
    return page
