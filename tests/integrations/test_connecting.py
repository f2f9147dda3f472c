"""Connect, replace and disconnect."""

import json
from typing import Any

import pytest
from django.conf import settings

from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from tests.conftest import record
from tests.integrations.conftest import Api, nothing_saved, stop
from tests.receiver import Receiver

BAD_URLS = {
    "": "empty",
    "  ": "empty",
    "ftp://crm.example.com": "scheme",
    "crm.example.com": "scheme",
    "javascript:alert(1)": "scheme",
    "https://": "host",
    "https://a b.example.com/": "chars",
    "https://crm.example.com\\@evil.example.com/": "chars",
    "https://olena:secret@crm.example.com/": "userinfo",
    "https://crm.example.com:0/": "port",
    "https://crm.example.com:99999/": "port",
    "https://crm.example.com/" + "a" * 2048: "length",
    "https://crm.happ.example/hook": "own_host",
}
BAD_PUBLIC_URLS = {
    "http://crm.example.com/": "scheme",
    "https://localhost/": "address",
    "https://127.0.0.1/": "address",
    "https://10.1.2.3/": "address",
    "https://[::1]/": "address",
    "https://169.254.169.254/latest/meta-data": "address",
    "https://2130706433/": "address",
    "https://intranet/": "host",
    "https://crm.example.com:25/": "port",
}
BAD_PASSWORDS = {
    "": "empty",
    "пароль": "not_printable",
    "two\nlines": "not_printable",
    "nul\x01": "not_printable",
    " outer": "outer_blank",
    "outer ": "outer_blank",
    "x" * 513: "too_long",
}
BAD_AUTH = [
    None,
    "bearer",
    {},
    {"scheme": "digest"},
    {"scheme": "bearer", "header": "x-key"},
    {"scheme": "header"},
    {"scheme": "header", "header": "cookie"},
    {"scheme": "header", "header": "x-a\r\nx-b"},
    {"scheme": "header", "header": 7},
]


@pytest.fixture(autouse=True)
def own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HAPP_PUBLIC_HOSTS", ["testserver", "CRM.happ.example", "localhost", "127.0.0.1"])
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["*"])


def refused_with(answer: Any, workspace: Workspace, receiver: Receiver, pointer: str, code: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "validation")
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert problem["errors"][0]["detail"]
    assert nothing_saved(workspace)
    assert receiver.arrivals == []


@pytest.mark.parametrize(("url", "code"), BAD_URLS.items())
def test_a_bad_url_is_refused_before_anything_is_sent(
    api: Api, workspace: Workspace, receiver: Receiver, url: str, code: str
) -> None:
    refused_with(api("put", "", {"url": url}), workspace, receiver, "/url", code)


@pytest.mark.parametrize(("url", "code"), BAD_PUBLIC_URLS.items())
def test_in_production_private_and_plain_addresses_are_refused(
    api: Api, workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, url: str, code: str
) -> None:
    monkeypatch.setattr(settings, "HAPP_ALLOW_PRIVATE_TARGETS", False)
    refused_with(api("put", "", {"url": url}), workspace, receiver, "/url", code)


@pytest.mark.parametrize("url", [None, 7, True, ["https://crm.example.com"], {}])
def test_a_url_that_is_no_text_is_refused(api: Api, workspace: Workspace, receiver: Receiver, url: object) -> None:
    code = "required" if url is None else "type"
    refused_with(api("put", "", {"url": url}), workspace, receiver, "/url", code)


@pytest.mark.parametrize(("password", "code"), BAD_PASSWORDS.items())
def test_a_password_that_would_not_arrive_unchanged_is_refused(
    api: Api, workspace: Workspace, receiver: Receiver, password: str, code: str
) -> None:
    body = {"url": receiver.url, "password": password}
    refused_with(api("put", "", body), workspace, receiver, "/password", code)


@pytest.mark.parametrize("password", [7, True, ["x"], {}])
def test_a_password_that_is_no_text_is_refused(
    api: Api, workspace: Workspace, receiver: Receiver, password: object
) -> None:
    refused_with(api("put", "", {"url": receiver.url, "password": password}), workspace, receiver, "/password", "type")


@pytest.mark.parametrize("auth", BAD_AUTH, ids=str)
def test_a_way_to_send_the_password_that_does_not_exist_is_refused(
    api: Api, workspace: Workspace, receiver: Receiver, auth: object
) -> None:
    refused_with(api("put", "", {"url": receiver.url, "auth": auth}), workspace, receiver, "/auth", "auth")


def test_everything_that_is_wrong_is_named_at_once(api: Api) -> None:
    problem = api("put", "", {"url": "x", "password": "", "auth": 1}, headers={"accept-language": "uk"}).json()
    assert [error["pointer"] for error in problem["errors"]] == ["/url", "/password", "/auth"]
    assert problem["title"] == "Щось у запиті неправильно"
    assert problem["errors"][0]["detail"].startswith("Використовуйте https://")


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_a_body_that_is_no_object_is_refused(api: Api, workspace: Workspace, receiver: Receiver, body: str) -> None:
    refused_with(api("put", "", body), workspace, receiver, "", "type")


def test_unknown_fields_are_named(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    body = {"url": receiver.url, "pass/word": "x"}
    refused_with(api("put", "", body), workspace, receiver, "/pass~1word", "unknown")


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (401, "HTTP_401", "Wrong password"),
        (404, "HTTP_404", "URL not found"),
        (302, "REDIRECT", "Redirect"),
        (500, "HTTP_500", "Service down"),
    ],
)
def test_a_url_that_refuses_the_ping_is_not_saved(
    api: Api, workspace: Workspace, receiver: Receiver, status: int, code: str, title: str
) -> None:
    receiver.script = lambda arrival: status
    answer = api("put", "", {"url": receiver.url, "password": "secret"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "ping_failed")
    attempt = problem["attempt"]
    assert (attempt["status_code"], attempt["error"], attempt["title"]) == (status, code, title)
    assert problem["detail"] == attempt["detail"]
    assert list(attempt) == [
        *("status_code", "error", "response_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "title", "detail")
    ]
    assert not Connection.objects.exists()
    assert len(receiver.arrivals) == 1
    assert api.tile()["status"] == "not_connected"


def test_nobody_who_listens_is_a_failed_ping_too(api: Api, receiver: Receiver) -> None:
    receiver.close()
    problem = api("put", "", {"url": receiver.url}).json()
    assert (problem["code"], problem["attempt"]["error"], problem["attempt"]["status_code"]) == (
        "ping_failed",
        "REFUSED",
        None,
    )
    assert not Connection.objects.exists()


def test_connect_pings_like_a_real_event_and_then_shows_the_tile(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    answer = api("put", "", {"url": receiver.url, "password": "pass word"})
    tile = answer.json()
    assert (answer.status_code, tile["status"], tile["url"], tile["password_set"]) == (200, "connected", receiver.url, True)
    assert (tile["auth"], tile["generation"], tile["last_status_code"]) == ({"scheme": "bearer"}, 1, 200)
    (arrival,) = receiver.arrivals
    assert arrival.event["type"] == "ping"
    assert (arrival.event["test"], arrival.event["sequence"], arrival.event["workspace_id"]) == (True, 0, workspace.pk)
    assert arrival.headers["authorization"] == "Bearer pass word"
    assert (arrival.headers["happ-test"], arrival.headers["happ-attempt"]) == ("1", "1")
    assert arrival.headers["webhook-id"] == arrival.event["id"]
    assert unseal(Connection.objects.get().password) == "pass word"


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"scheme": "basic"}, "authorization", "Basic aGFwcDpzZWNyZXQ="),
        ({"scheme": "header", "header": "X-Make-ApiKey"}, "x-make-apikey", "secret"),
    ],
)
def test_the_password_is_sent_the_way_that_was_chosen(
    api: Api, receiver: Receiver, auth: dict[str, str], header: str, value: str
) -> None:
    tile = api("put", "", {"url": receiver.url, "password": "secret", "auth": auth}).json()
    assert receiver.arrivals[0].headers[header] == value
    assert tile["auth"] == {name: text.lower() for name, text in auth.items()}


def test_without_a_password_no_credential_is_sent(api: Api, receiver: Receiver) -> None:
    assert api("put", "", {"url": receiver.url, "password": None}).json()["password_set"] is False
    assert "authorization" not in receiver.arrivals[0].headers


def test_connecting_again_opens_a_new_connection_and_cancels_what_waits(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    record(workspace, "chat_1", "chat_2")
    assert api.tile()["pending"] == 2
    tile = api("put", "", {"url": receiver.url + "/2"}).json()
    assert (tile["generation"], tile["pending"], tile["status"]) == (2, 0, "connected")
    assert (tile["gap"]["reason"], tile["gap"]["count"]) == ("DISCONNECTED", 2)
    assert [row.close_reason for row in Connection.objects.order_by("number")] == ["DISCONNECTED", ""]


def test_a_failed_replacement_leaves_the_old_connection_as_it_was(api: Api, receiver: Receiver) -> None:
    before = api("put", "", {"url": receiver.url}).json()
    receiver.script = lambda arrival: 500
    assert api("put", "", {"url": receiver.url + "/2"}).status_code == 422
    assert api.tile() == before


def test_disconnect_is_repeatable(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    assert api("delete").status_code == 204
    api("put", "", {"url": receiver.url, "password": "secret"})
    record(workspace, "chat_1")
    answer = api("delete")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api("delete").status_code == 204
    tile = api.tile()
    assert (tile["status"], tile["url"], tile["password_set"], tile["auth"]) == ("not_connected", None, False, None)
    assert (tile["pending"], tile["generation"], tile["connected_at"]) == (0, 1, None)
    assert len(receiver.arrivals) == 1


def test_a_stopped_stream_is_shown_resumed_by_disconnect_and_connect(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    stop(workspace)
    tile = api.tile()
    assert (tile["status"], tile["stop_reason"], tile["url"]) == ("stopped", "MAX_RETRIES_EXCEEDED", receiver.url)
    assert tile["stopped_at"] is not None
    answer = api("patch", "", {"auth": {"scheme": "basic"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "stopped")
    assert len(receiver.arrivals) == 1
    assert api("delete").status_code == 204
    tile = api.tile()
    assert (tile["status"], tile["stop_reason"], tile["stopped_at"]) == ("not_connected", None, None)
    assert api("put", "", {"url": receiver.url}).json()["status"] == "connected"


def test_a_stopped_stream_can_be_connected_anew_at_once(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url})
    stop(workspace)
    tile = api("put", "", {"url": receiver.url}).json()
    assert (tile["status"], tile["generation"], tile["stop_reason"]) == ("connected", 2, None)


def test_the_schema_describes_every_address_of_the_tile(api: Api) -> None:
    paths = json.loads(api.client.get("/api/schema/?format=json").content)["paths"]
    below = "/api/v1/workspaces/{workspace_id}/chat-webhook"
    assert set(paths[below]) == {"get", "put", "patch", "delete"}
    assert set(paths[f"{below}/signing-secret/rotate"]) == {"post"}
    assert "application/problem+json" in paths[below]["put"]["responses"]["422"]["content"]
