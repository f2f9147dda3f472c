"""Workspaces are walls, and not everybody in one may do everything."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from deliveries.models import Connection
from happ_webhooks.history.models import ApiToken, Membership, Workspace
from integrations.models import Integration
from tests.integrations.conftest import Api, as_user, with_token
from tests.receiver import Receiver

Person = Callable[..., User]

Call = tuple[str, str, object]

READING: list[Call] = [("get", "", None)]
CHANGING: list[Call] = [
    ("put", "", {"url": "http://127.0.0.1:9/"}),
    ("patch", "", {"password": "x"}),
    ("delete", "", None),
    ("post", "/ping", None),
    ("get", "/signing-secret", None),
    ("post", "/signing-secret/rotate", None),
]
EVERYTHING = [*READING, *CHANGING]


@pytest.fixture
def connected(api: Api, receiver: Receiver) -> Receiver:
    assert api("put", "", {"url": receiver.url, "password": "first"}).status_code == 200
    receiver.arrivals.clear()
    return receiver


def walled_off(api: Api, status: int, code: str, receiver: Receiver, calls: list[Call]) -> None:
    before = (list(Connection.objects.values()), list(Integration.objects.values()))
    for method, below, body in calls:
        answer = api(method, below, body)
        assert (method, below, answer.status_code, answer.json()["code"]) == (method, below, status, code)
        assert answer.headers["content-type"] == "application/problem+json"
    assert (list(Connection.objects.values()), list(Integration.objects.values())) == before
    assert receiver.arrivals == []


def test_a_stranger_does_not_learn_that_the_workspace_exists(
    workspace: Workspace, connected: Receiver, person: Person
) -> None:
    elsewhere = Workspace.objects.create(name="Інша")
    stranger = as_user(workspace, person("stranger", elsewhere))
    walled_off(stranger, 404, "not_found", connected, EVERYTHING)
    nowhere = as_user(Workspace(pk="ws_none"), person("another", elsewhere))
    walled_off(nowhere, 404, "not_found", connected, EVERYTHING)
    assert stranger("get").json() == nowhere("get").json()


def test_even_a_superuser_uses_the_admin_and_not_the_api_of_others(
    workspace: Workspace, connected: Receiver, person: Person
) -> None:
    root = person("root", is_staff=True, is_superuser=True)
    walled_off(as_user(workspace, root), 404, "not_found", connected, EVERYTHING)


def test_a_token_of_another_workspace_gets_404(workspace: Workspace, connected: Receiver) -> None:
    token = with_token(Workspace.objects.create(name="Інша"), "manage", "ingest", "backfill")
    token.workspace_id = workspace.pk
    walled_off(token, 404, "not_found", connected, EVERYTHING)


def test_a_token_without_the_scope_gets_403(workspace: Workspace, connected: Receiver) -> None:
    walled_off(with_token(workspace, "ingest", "backfill"), 403, "forbidden", connected, EVERYTHING)


def test_a_revoked_token_and_a_wrong_one_get_401(workspace: Workspace, connected: Receiver) -> None:
    token = with_token(workspace, "manage")
    ApiToken.objects.update(revoked_at="2026-01-01T00:00Z")
    walled_off(token, 401, "unauthorized", connected, EVERYTHING)
    wrong = Api(workspace.pk, {"authorization": "Bearer happ_wrong"}, Client())
    walled_off(wrong, 401, "unauthorized", connected, EVERYTHING)


def test_nobody_gets_401(workspace: Workspace, connected: Receiver) -> None:
    walled_off(Api(workspace.pk, {}, Client()), 401, "unauthorized", connected, EVERYTHING)


def test_a_token_for_every_workspace_works_in_each(workspace: Workspace, connected: Receiver) -> None:
    assert with_token(workspace, "manage", everywhere=True).tile()["status"] == "connected"


def test_a_member_sees_the_tile_and_changes_nothing(workspace: Workspace, connected: Receiver, person: Person) -> None:
    member = as_user(workspace, person("member", workspace, Membership.Role.MEMBER))
    assert member.tile()["status"] == "connected"
    walled_off(member, 403, "forbidden", connected, CHANGING)


def test_only_who_may_change_the_url_sees_what_is_secret_in_it(
    api: Api, workspace: Workspace, receiver: Receiver, person: Person
) -> None:
    url = f"{receiver.url}/secret?token=abc"
    assert api("put", "", {"url": url}).json()["url"] == url
    member = as_user(workspace, person("member", workspace, Membership.Role.MEMBER))
    admin = as_user(workspace, person("admin", workspace))
    assert api.tile()["url"] == admin.tile()["url"] == url
    assert member.tile()["url"] == f"{receiver.url}/***?token=***"
    etag = member("get").headers["etag"]
    assert member("get", headers={"if-none-match": etag}).status_code == 304
    assert admin("get", headers={"if-none-match": etag}).status_code == 200
    assert admin("get").headers["etag"] == api("get").headers["etag"] != etag


def test_an_admin_of_the_workspace_does_everything(workspace: Workspace, connected: Receiver, person: Person) -> None:
    admin = as_user(workspace, person("admin", workspace))
    assert admin("put", "", {"url": connected.url}).status_code == 200
    assert admin("patch", "", {"password": "x"}).status_code == 200
    assert admin("post", "/ping").status_code == 200
    assert admin("get", "/signing-secret").status_code == 200
    assert admin("post", "/signing-secret/rotate").status_code == 200
    assert admin("delete").status_code == 204


def test_a_session_without_its_csrf_token_changes_nothing(
    workspace: Workspace, connected: Receiver, person: Person
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("admin", workspace))
    walled_off(Api(workspace.pk, {}, client), 403, "forbidden", connected, [CHANGING[0], CHANGING[2], CHANGING[3]])


def test_connecting_one_workspace_leaves_the_others_alone(connected: Receiver, api: Api) -> None:
    other = with_token(Workspace.objects.create(name="Інша"), "manage")
    other("put", "", {"url": connected.url + "/other"})
    other("delete")
    assert (api.tile()["status"], api.tile()["generation"], api.tile()["url"]) == ("connected", 1, connected.url)
