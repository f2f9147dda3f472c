"""A client of the REST API, and what its tests say again and again."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.test import Client

from happ_webhooks.history.models import ApiToken, Workspace

EVERY_SCOPE = [scope.value for scope in ApiToken.Scope]
MEGABYTE = 1024 * 1024
_numbers = count(1)


class Caller:
    """Speaks to one workspace's API, with a token or as nobody."""

    def __init__(self, workspace_id: str, token: str | None = None) -> None:
        self.client = Client(headers={"authorization": f"Bearer {token}"} if token else {})
        self.base = f"/api/v1/workspaces/{workspace_id}"

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self.client.get(self.base + path, query)

    def post(self, path: str, body: object, content_type: str = "application/json") -> Any:
        """Bytes and texts go as they stand, everything else as JSON."""
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.generic("POST", self.base + path, raw, content_type)


def caller_with(workspace: Workspace, *scopes: str, platform_wide: bool = False) -> Caller:
    scope = None if platform_wide else workspace
    _, token = ApiToken.issue(name="test", scopes=list(scopes or EVERY_SCOPE), workspace=scope)
    return Caller(workspace.pk, token)


def event(**changes: object) -> dict[str, Any]:
    """A message that the API takes, unless the changes are bad; `...` as a value leaves the field out."""
    whole: dict[str, object] = {
        "source_id": f"telegram-{next(_numbers)}",
        "type": "message.received",
        "channel": "telegram",
        "chat_id": "chat_1",
        "occurred_at": datetime.now(UTC).isoformat(),
        "data": {"message": {"text": "Доброго дня!"}, "sender": {"name": "Олена"}},
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def problem(response: Any, status: int, code: str) -> list[tuple[str, str]]:
    """Checks that the answer is a problem document; returns what it names: pointers and codes."""
    assert response["content-type"] == "application/problem+json"
    document = json.loads(response.content)
    assert (response.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == "about:blank"
    assert document["title"]
    errors = document.get("errors", [])
    assert all(error["detail"] for error in errors)
    return [(error["pointer"], error["code"]) for error in errors]


def answer(response: Any, status: int = 200) -> Any:
    """The JSON of an answer that went well."""
    assert response.status_code == status, response.content
    assert response["content-type"] == "application/json"
    return json.loads(response.content)
