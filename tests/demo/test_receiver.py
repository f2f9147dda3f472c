"""The demo receiver stands for a customer's server, good or bad."""

import base64
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from config.demo.client import Answer, call
from config.demo.receiver import ReceiverServer


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


@pytest.mark.parametrize("settings", [{"mode": "sometimes"}, {"mode": "99"}, {"mode": "hang", "delay": "long"}])
def test_nonsense_settings_are_refused(receiver: ReceiverServer, settings: dict[str, object]) -> None:
    assert call("POST", f"{receiver.url}/control", settings).status == 400


def test_the_page_shows_arrivals_as_text(receiver: ReceiverServer) -> None:
    call("POST", f"{receiver.url}/happ", {"id": "evt_1", "chat_id": "<script>"})
    with socket.create_connection(("127.0.0.1", int(receiver.url.rpartition(":")[2])), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        page = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"&lt;script&gt;" in page
    assert b"<script>" not in page
