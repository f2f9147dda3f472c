"""What HTTP itself can get wrong is answered with a problem document too."""

import pytest
from django.test import Client

from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, answer, event, problem


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/events", "GET, POST, HEAD, OPTIONS"),
        ("DELETE", "/events", "GET, POST, HEAD, OPTIONS"),
        ("PATCH", "/chat-webhook/deliveries", "GET, HEAD, OPTIONS"),
        ("POST", "/chat-webhook/gaps", "GET, HEAD, OPTIONS"),
        ("POST", "/chat-webhook/stats", "GET, HEAD, OPTIONS"),
        ("TRACE", "/chat-webhook/deliveries/evt_1", "GET, HEAD, OPTIONS"),
        ("BREW", "/events", "GET, POST, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(caller: Caller, method: str, path: str, allowed: str) -> None:
    response = caller.client.generic(method, caller.base + path, b"{", "text/plain")
    assert problem(response, 405, "method_not_allowed") == []
    assert response["allow"] == allowed


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/", "/api/v2/workspaces/ws_1/events", "/%ff", "/a%00b"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_is_a_problem_too(db: None, method: str, path: str) -> None:
    assert problem(Client().generic(method, path, b"{}", "application/json"), 404, "not_found") == []


@pytest.mark.parametrize("path", ["/events/", "/event", "/chat-webhook/deliveries/a/b", "/../events"])
def test_an_unknown_address_of_a_workspace_is_a_problem_too(caller: Caller, path: str) -> None:
    assert problem(caller.get(path), 404, "not_found") == []


def test_a_wrong_host_is_a_problem_too(db: None) -> None:
    assert problem(Client(headers={"host": "evil.example"}).get("/livez"), 400, "validation") == []


def test_too_many_parameters_are_an_error_of_the_client(caller: Caller) -> None:
    assert problem(caller.get("/events?" + "&".join(["after=1"] * 1001)), 400, "validation") == []


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "nonsense"])
def test_the_api_is_utf_8_whatever_charset_is_claimed(shop: Workspace, caller: Caller, charset: str) -> None:
    claimed = f"application/json; charset={charset}"
    answer(caller.client.generic("GET", f"{caller.base}/events?chat_id=%D2%90", b"", claimed))
    answer(caller.post("/events?x=%D2%90", event(), claimed), 202)


def test_a_chunked_body_is_refused_and_not_taken_for_an_empty_one(caller: Caller) -> None:
    response = caller.client.generic(
        "POST", f"{caller.base}/events", b"", "application/json", HTTP_TRANSFER_ENCODING="chunked"
    )
    assert problem(response, 400, "validation") == [("", "json")]


def test_problems_speak_the_language_asked_for_and_keep_their_code(caller: Caller) -> None:
    response = caller.client.get(f"{caller.base}/events?limit=0", headers={"accept-language": "uk"})
    assert problem(response, 422, "validation") == [("?limit", "invalid")]
    assert response["content-language"] == "uk"
    assert "Accept-Language" in response["vary"]


def test_an_error_of_ours_says_so_and_nothing_of_its_cause(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("deliveries.api.events.take_in", lambda *_: 1 / 0)
    response = caller.post("/events", event(source_id="CANARY-4711"))
    assert problem(response, 500, "internal") == []
    assert b"ZeroDivision" not in response.content
    assert "ZeroDivisionError" in caplog.text
    assert "CANARY-4711" not in caplog.text
