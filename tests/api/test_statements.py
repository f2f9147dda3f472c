"""Taking events in costs two statements a request and their transaction, however many events it brings."""

import json
import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from happ_webhooks.history.models import ApiToken, Workspace
from tests.api.caller import answer, caller_with, event
from tests.conftest import connect

TABLE = re.compile(r'(?:UPDATE|INTO|FROM)\s+"?(\w+)')


def statements(captured: CaptureQueriesContext) -> list[str]:
    """The verb of each, and its table."""
    found = [query["sql"] for query in captured.captured_queries]
    return [" ".join([sql.split()[0], *TABLE.findall(sql)[:1]]) for sql in found]


@pytest.mark.usefixtures("as_they_stand")
@pytest.mark.parametrize("count", [1, 100, 500])
@pytest.mark.parametrize("connected", [True, False])
def test_a_request_costs_two_statements_however_many_events(workspace: Workspace, count: int, connected: bool) -> None:
    if connected:
        connect(workspace, "http://127.0.0.1:1/")
    caller = caller_with(workspace)
    answer(caller.post("/events", event()), 202)
    assert ApiToken.objects.exclude(last_used_at=None).exists()
    body = json.dumps({"events": [event() for _ in range(count)]})

    with CaptureQueriesContext(database) as captured:
        accepted = answer(caller.post("/events", body), 202)["accepted"]

    assert len(accepted) == count
    whose = ["SELECT history_apitoken", "SELECT history_workspace"]
    assert statements(captured) == [*whose, "BEGIN", "UPDATE history_workspace", "WITH history_chatevent", "COMMIT"]
