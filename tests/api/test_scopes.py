"""Every operation says in its description which scope a token needs, and takes tokens with that scope alone."""

import re

import pytest
import yaml
from django.test import Client

from happ_webhooks.history.models import ApiToken, Workspace
from tests.api.caller import EVERY_SCOPE
from tests.api.test_openapi_file import COMMITTED

OPERATIONS = [
    (path, method, operation)
    for path, operations in yaml.safe_load(COMMITTED.read_text())["paths"].items()
    for method, operation in operations.items()
]


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=lambda part: part["operationId"] if isinstance(part, dict) else ""
)
def test_the_scope_in_the_description_is_the_one_that_is_needed(
    shop: Workspace, path: str, method: str, operation: dict[str, str]
) -> None:
    [named] = re.findall(r"A token needs the scope `(\w+)`", operation["description"])
    address = path.replace("{workspace_id}", shop.pk).replace("{event_id}", "evt_1")
    assert {scope for scope in EVERY_SCOPE if status(address, method, scope, shop) != 403} == {named}


def status(address: str, method: str, scope: str, shop: Workspace) -> int:
    _, token = ApiToken.issue(name="test", scopes=[scope], workspace=shop)
    client = Client(headers={"authorization": f"Bearer {token}"})
    return client.generic(method.upper(), address, "[]", "application/json").status_code
