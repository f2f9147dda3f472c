"""API tokens: who may come in, where to, and what is kept of the key."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from happ_webhooks.history.models import ApiToken, ChatEvent, Workspace
from tests.api.caller import Caller, answer, caller_with, event, problem

SCOPE_OF = {
    ("GET", "/events"): "backfill",
    ("POST", "/events"): "ingest",
    ("GET", "/chat-webhook/deliveries"): "manage",
    ("GET", "/chat-webhook/deliveries/evt_1"): "manage",
    ("GET", "/chat-webhook/gaps"): "manage",
    ("GET", "/chat-webhook/stats"): "manage",
}
DOORS = pytest.mark.parametrize(("method", "path"), SCOPE_OF)


def knock(caller: Caller, method: str, path: str) -> Any:
    return caller.get(path) if method == "GET" else caller.post(path, event())


def assert_asked_to_sign_in(response: Any) -> None:
    problem(response, 401, "unauthorized")
    assert response["www-authenticate"] == "Bearer"


@DOORS
def test_without_a_token_one_is_asked_for(shop: Workspace, method: str, path: str) -> None:
    assert_asked_to_sign_in(knock(Caller(shop.pk), method, path))
    assert not ChatEvent.objects.exists()


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer happ_", "Bearer happ_no", "Basic aGFwcF86", "happ_x", "Bearer \xff"],
)
def test_a_malformed_or_wrong_token_is_like_none(shop: Workspace, header: str) -> None:
    client = Client(headers={"authorization": header})
    assert_asked_to_sign_in(client.get(f"/api/v1/workspaces/{shop.pk}/events"))


@DOORS
def test_each_door_opens_for_its_scope_and_no_other(shop: Workspace, method: str, path: str) -> None:
    for scope in ApiToken.Scope.values:
        response = knock(caller_with(shop, scope), method, path)
        if scope == SCOPE_OF[method, path]:
            assert response.status_code == (404 if path.endswith("evt_1") else 202 if method == "POST" else 200)
        else:
            problem(response, 403, "forbidden")
    assert ChatEvent.objects.count() == (method == "POST")


@DOORS
def test_another_workspace_does_not_even_exist(shop: Workspace, method: str, path: str) -> None:
    other = Workspace.objects.create(name="Сусіди")
    for scopes in ([SCOPE_OF[method, path]], ["ingest", "manage", "backfill"], []):
        _, token = ApiToken.issue(name="test", scopes=scopes, workspace=shop)
        there = knock(Caller(other.pk, token), method, path)
        nowhere = knock(Caller("ws_nowhere", token), method, path)
        problem(there, 404, "not_found")
        assert there.content == nowhere.content
    assert not ChatEvent.objects.exists()


@pytest.mark.parametrize("workspace_id", ["ws_nowhere", "%00", "a%00b", "%ff", "x" * 5000])
def test_a_platform_wide_token_finds_every_workspace_that_exists(shop: Workspace, workspace_id: str) -> None:
    caller = caller_with(shop, platform_wide=True)
    assert knock(caller, "GET", "/events").status_code == 200
    caller.base = f"/api/v1/workspaces/{workspace_id}"
    problem(knock(caller, "GET", "/events"), 404, "not_found")


def test_a_revoked_token_is_like_none_at_once(shop: Workspace) -> None:
    row, token = ApiToken.issue(name="test", scopes=["backfill"], workspace=shop)
    caller = Caller(shop.pk, token)
    answer(caller.get("/events"))
    row.revoked_at = timezone.now()
    row.save()
    assert_asked_to_sign_in(caller.get("/events"))


def test_only_a_digest_of_the_token_is_kept(shop: Workspace) -> None:
    row, token = ApiToken.issue(name="test", scopes=["backfill"], workspace=shop)
    row.refresh_from_db()
    assert token.startswith("happ_")
    assert len(token) == len("happ_") + 43
    assert row.hash == ApiToken.digest(token)
    assert all(token not in str(value) for value in vars(row).values())
    assert token != ApiToken.issue(name="test", scopes=["backfill"], workspace=shop)[1]


def test_the_last_use_is_noted_to_the_minute(shop: Workspace) -> None:
    row, token = ApiToken.issue(name="test", scopes=["backfill"], workspace=shop)
    caller = Caller(shop.pk, token)
    assert row.last_used_at is None

    def use(since_last: timedelta) -> bool:
        before = timezone.now() - since_last
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=before)
        answer(caller.get("/events"))
        row.refresh_from_db()
        return row.last_used_at != before

    answer(caller.get("/events"))
    assert ApiToken.objects.get().last_used_at is not None
    assert not use(timedelta(seconds=50))
    assert use(timedelta(seconds=70))
