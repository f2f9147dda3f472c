"""A workspace's API as its admin's token sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction
from django.test import Client

from deliveries.connections import close, database_now
from deliveries.models import CloseReason, Connection
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.models import ApiToken, Membership, Workspace
from integrations.models import Integration
from tests.integrations.support import Person, staff_client
from tests.receiver import Arrival, Receiver


@dataclass
class Api:
    """One requester at one workspace's chat-webhook."""

    workspace_id: str
    headers: dict[str, str]
    client: Client

    def __call__(
        self, method: str, below: str = "", body: object = None, *, headers: dict[str, str] | None = None
    ) -> Any:
        path = f"/api/v1/workspaces/{self.workspace_id}/chat-webhook{below}"
        content: dict[str, Any] = {} if method == "get" else {"content_type": "application/json"}
        if body is not None:
            content["data"] = body
        return getattr(self.client, method)(path, headers={**self.headers, **(headers or {})}, **content)

    def tile(self) -> dict[str, Any]:
        found: dict[str, Any] = self("get").json()
        return found


def with_token(workspace: Workspace, *scopes: str, everywhere: bool = False) -> Api:
    _, token = ApiToken.issue(name="test", scopes=list(scopes), workspace=None if everywhere else workspace)
    return Api(workspace.pk, {"authorization": f"Bearer {token}"}, Client())


def as_user(workspace: Workspace, user: User) -> Api:
    client = Client()
    client.force_login(user)
    return Api(workspace.pk, {}, client)


@pytest.fixture(autouse=True)
def no_collected_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "STATIC_ROOT", None)


@pytest.fixture
def workspace(db: None) -> Workspace:
    """In a transaction that is rolled back: what is tested here commits nothing that another thread must see."""
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def api(workspace: Workspace) -> Api:
    return with_token(workspace, "manage")


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    def make(name: str = "olena", workspace: Workspace | None = None, role: str = "admin", **further: Any) -> User:
        user: User = get_user_model().objects.create_user(name, password="a password of a test", **further)
        if workspace is not None:
            Membership.objects.create(workspace=workspace, user=user, role=role)
        return user

    return make


def nothing_saved(workspace: Workspace) -> bool:
    """No connection was opened, and no ping counts."""
    counted = Integration.objects.filter(workspace=workspace, ping_count__gt=0).exists()
    return not Connection.objects.filter(workspace=workspace).exists() and not counted


def stop(workspace: Workspace, reason: CloseReason = CloseReason.MAX_RETRIES_EXCEEDED) -> None:
    """Ends the stream as the courier does."""
    with transaction.atomic():
        locked = lock_workspace(workspace.pk)
        close(Connection.objects.get(workspace=workspace, closed_at=None), locked, reason, database_now())


def during(receiver: Receiver, act: Callable[[], object], status: int = 200) -> None:
    """The next ping finds that somebody else acts while it is on its way; the receiver's thread is that somebody."""

    def script(arrival: Arrival) -> int:
        receiver.script = lambda arrival: status
        try:
            act()
        finally:
            database.close()
        return status

    receiver.script = script


@pytest.fixture
def support(person: Person) -> Client:
    return staff_client(person, "operate", "configure")


@pytest.fixture
def listed(workspace: Workspace) -> Workspace:
    return workspace
