"""The demo receiver stands for a customer's server, good or bad."""

import base64
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.request import Request

import pytest
from standardwebhooks import Webhook

from config.demo.client import Answer, call, opener
from config.demo.receiver import ReceiverServer
from config.demo.receiver_page import COLUMNS, MODES
from config.demo.receiver_words import EN, UK
from happ_webhooks.wire.verification import Verification


@pytest.fixture
def receiver() -> Iterator[ReceiverServer]:
    server = ReceiverServer(socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    call("POST", f"{server.url}/control", {"password": None})
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def post(receiver: ReceiverServer, **options: Any) -> Answer:
    return call("POST", f"{receiver.url}/happ", {"id": "evt_1"}, **options)


def control(receiver: ReceiverServer, **settings: object) -> None:
    assert call("POST", f"{receiver.url}/control", settings).status == 200


def test_it_wants_its_password(receiver: ReceiverServer) -> None:
    control(receiver, password="other")
    assert post(receiver).status == 401
    assert post(receiver, token="demo").status == 401
    assert post(receiver, token="other").status == 200


@pytest.mark.parametrize("mode", ["200", "204", "401", "404", "410", "500"])
def test_it_answers_as_it_is_told(receiver: ReceiverServer, mode: str) -> None:
    control(receiver, mode=mode)
    assert post(receiver).status == int(mode)


def test_it_fails_so_many_times_and_then_recovers(receiver: ReceiverServer) -> None:
    control(receiver, mode="fail_first", fail_first=2)
    assert [post(receiver).status for _ in range(3)] == [500, 500, 200]


def test_one_that_hangs_lets_go_when_its_mode_changes(receiver: ReceiverServer) -> None:
    control(receiver, mode="hang")
    threading.Timer(0.2, control, (receiver,), {"mode": "200"}).start()
    began = time.monotonic()
    assert post(receiver).status == 200
    assert 0.15 < time.monotonic() - began < 2


def test_it_keeps_what_arrived_until_told_to_forget(receiver: ReceiverServer) -> None:
    event = {"id": "evt_9", "type": "message.received", "channel": "viber", "chat_id": "chat_1", "sequence": 3}
    call("POST", f"{receiver.url}/happ", event)
    arrivals = call("GET", f"{receiver.url}/arrivals").body
    assert [(one["type"], one["channel"], one["chat"], one["sequence"]) for one in arrivals] == [
        ("message.received", "viber", "chat_1", 3)
    ]
    assert call("DELETE", f"{receiver.url}/arrivals").status == 204
    assert call("GET", f"{receiver.url}/arrivals").body == []


def test_it_judges_signatures_as_the_reference_library_makes_them(receiver: ReceiverServer) -> None:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    body, now = '{"id":"evt_1"}', datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", now, body),
    }
    control(receiver, secret=secret)
    receiver.receiver.receive(headers, body.encode())
    receiver.receiver.receive(headers, body.encode() + b" ")
    receiver.receiver.receive({**headers, "webhook-timestamp": "1779708607"}, body.encode())
    assert [one["signature"] for one in receiver.receiver.arrivals] == ["valid", "invalid", "invalid"]


def test_a_body_nested_too_deeply_is_answered_too(receiver: ReceiverServer) -> None:
    assert receiver.receiver.receive({}, b"[" * 200_000) == 200
    assert call("GET", f"{receiver.url}/arrivals").body[0]["type"] is None


@pytest.mark.parametrize("settings", [{"mode": "sometimes"}, {"mode": "99"}, {"mode": "hang", "delay": "long"}])
def test_nonsense_settings_are_refused(receiver: ReceiverServer, settings: dict[str, object]) -> None:
    assert call("POST", f"{receiver.url}/control", settings).status == 400


def shown(receiver: ReceiverServer, path: str = "/", data: bytes | None = None, **headers: str) -> tuple[str, str]:
    """The page, and where it is in the end."""
    request = Request(receiver.url + path, data, {name.replace("_", "-"): text for name, text in headers.items()})
    with opener.open(request, timeout=5) as answer:
        return answer.read().decode(), answer.geturl().removeprefix(receiver.url)


def test_the_page_shows_arrivals_as_text(receiver: ReceiverServer) -> None:
    call("POST", f"{receiver.url}/happ", {"id": "evt_1", "chat_id": "<script>"})
    page, _ = shown(receiver)
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [
        ("/", "uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("/", "de, en;q=0.5, uk;q=0.7", "uk"),
        ("/", "en-GB,uk;q=0.5", "en"),
        ("/", "uk;q=0, de", "en"),
        ("/", "uk;q=much", "en"),
        ("/?lang=uk", "en", "uk"),
        ("/?lang=en", "uk", "en"),
        ("/?lang=xx", "uk", "uk"),
    ],
)
def test_the_page_is_in_the_language_chosen_or_else_in_the_browsers(
    receiver: ReceiverServer, path: str, accepted: str, language: str
) -> None:
    page, _ = shown(receiver, path, accept_language=accepted)
    assert f'<html lang="{language}">' in page
    assert {"en": "Answer 500", "uk": "Відповідати 500"}[language] in page


def test_a_button_of_the_page_changes_the_answer_and_keeps_the_language(receiver: ReceiverServer) -> None:
    page, _ = shown(receiver, "/?lang=uk")
    [action] = re.findall(r'action="([^"]*)"><input type="hidden" name="mode" value="500">', page)
    page, where = shown(receiver, action, b"mode=500", accept_language="en")
    assert where == "/?lang=uk"
    assert '<button aria-pressed="true">Відповідати 500</button>' in page
    assert post(receiver).status == 500
    assert "<td>не перевірено</td><td>500</td>" in shown(receiver, where)[0]


def test_the_page_has_the_same_words_in_both_languages() -> None:
    assert UK.keys() == EN.keys()
    assert {name for name, text in UK.items() if text == EN[name]} == set()
    assert {*MODES, *COLUMNS, *get_args(Verification)} <= EN.keys()
