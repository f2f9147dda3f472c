"""The admin as support sees it."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from happ_webhooks.history.models import Workspace
from integrations.models import Integration

Person = Callable[..., User]
LIST = reverse("admin:integrations_integration_changelist")
ACTIONS = ("connect", "disconnect", "ping", "rotate")


def staff_client(person: Person, *permissions: str) -> Client:
    user = person("support", is_staff=True)
    of = ContentType.objects.get_for_model(Integration)
    for codename in ("view_integration", *permissions):
        permission, _ = Permission.objects.get_or_create(
            codename=codename, content_type=of, defaults={"name": codename}
        )
        user.user_permissions.add(permission)
    client = Client()
    client.force_login(user)
    return client


def address(workspace: Workspace, action: str = "change") -> str:
    return reverse(f"admin:integrations_integration_{action}", args=[quote(workspace.pk)])


def page(client: Client, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def seen(client: Client, workspace: Workspace, action: str) -> str:
    """What the form says held when it was made; empty if it says nothing."""
    found = re.search(r'name="seen" value="(\w+)"', client.get(address(workspace, action)).content.decode())
    return found[1] if found else ""


def act(client: Client, workspace: Workspace, action: str, **fields: str) -> Any:
    """Opens the form and sends it, with what it showed."""
    entered = {"scheme": "bearer", "url": "", "password": "", "header": "", "reason": "Ticket 7"}
    entered |= {"seen": seen(client, workspace, action), **fields}
    return client.post(address(workspace, action), entered)


def history() -> list[str]:
    return [entry.change_message for entry in LogEntry.objects.order_by("pk")]
