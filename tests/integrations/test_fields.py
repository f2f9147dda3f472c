"""What a person may enter, and that nothing is sent or saved before it is right."""

import json
from typing import Any

import pytest
from django.conf import settings

from happ_webhooks.history.models import Workspace
from tests.integrations.conftest import Api, nothing_saved
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
    assert problem["title"] == "У запиті щось не так"
    assert problem["errors"][0]["detail"].startswith("Використовуйте https://")


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
def test_a_body_that_is_no_object_is_refused(api: Api, workspace: Workspace, receiver: Receiver, body: str) -> None:
    refused_with(api("put", "", body), workspace, receiver, "", "type")


def test_unknown_fields_are_named(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    body = {"url": receiver.url, "pass/word": "x"}
    refused_with(api("put", "", body), workspace, receiver, "/pass~1word", "unknown")


def test_the_schema_describes_every_address_of_the_tile(api: Api) -> None:
    paths = json.loads(api.client.get("/api/schema/?format=json").content)["paths"]
    below = "/api/v1/workspaces/{workspace_id}/chat-webhook"
    assert set(paths[below]) == {"get", "put", "patch", "delete"}
    assert set(paths[f"{below}/signing-secret/rotate"]) == {"post"}
    assert "application/problem+json" in paths[below]["put"]["responses"]["422"]["content"]
