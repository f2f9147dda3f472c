"""The line of a request: ids and figures, and nothing that anybody entered."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from happ_webhooks.history.models import Membership, Workspace
from happ_webhooks.wire.trace import caller_of
from tests.api.caller import caller_with

CANARY = "canary-4711"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Workspace:
    return Workspace.objects.create(name="Shop")


def line(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    [found] = [vars(each) for each in caplog.records if each.name == "config.access"]
    return {name: found.get(name) for name in ("method", "path", "status", "workspace", "user", "token")}


def test_a_call_by_token_names_the_tokens_number(shop: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    caller = caller_with(shop)

    caller.get("/chat-webhook", {"q": CANARY})

    path = f"/api/v1/workspaces/{shop.pk}/chat-webhook"
    token = shop.apitoken_set.get().pk
    assert line(caplog) == {
        "method": "GET", "path": path, "status": 422, "workspace": shop.pk, "user": None, "token": token
    }  # fmt: skip
    assert CANARY not in repr([vars(each) for each in caplog.records])


def test_a_page_names_the_users_number(shop: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    user = get_user_model().objects.create_user("olena")
    Membership.objects.create(workspace=shop, user=user, role="admin")
    client = Client()
    client.force_login(user)

    client.get(f"/integrations/{shop.pk}/")

    found = line(caplog)
    assert (found["status"], found["workspace"], found["user"]) == (200, shop.pk, user.pk)
    assert "olena" not in repr([vars(each) for each in caplog.records])


def test_who_asks_is_not_looked_up_for_the_line(caplog: pytest.LogCaptureFixture) -> None:
    with CaptureQueriesContext(database) as asked:
        Client(headers={"cookie": "sessionid=abc"}).get("/livez")

    assert len(asked) == 0
    assert line(caplog) == {
        "method": "GET", "path": "/livez", "status": 200, "workspace": None, "user": None, "token": None
    }  # fmt: skip


def test_query_headers_cookies_and_body_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    headers = dict.fromkeys(
        ("authorization", "cookie", "referer", "user-agent", "x-forwarded-for", "traceparent"), CANARY
    )

    Client(headers=headers).post(f"/login/?next={CANARY}", {"username": CANARY, "password": CANARY})

    assert line(caplog)["path"] == "/login/"
    assert CANARY not in repr([vars(each) for each in caplog.records])


def test_an_endless_path_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    Client().get("/" + "x" * 5000)

    assert line(caplog)["path"] == "/" + "x" * 199


def test_the_callers_trace_is_taken_and_a_broken_one_replaced(caplog: pytest.LogCaptureFixture) -> None:
    for said in (TRACEPARENT, "no trace"):
        Client(headers={"traceparent": said}).get("/livez")

    first, second = [vars(each)["trace"] for each in caplog.records if each.name == "config.access"]
    assert first == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert caller_of(f"00-{second}-00f067aa0ba902b7-01")
