"""The listener answers as it was told to, and says in one sentence what it cannot do."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.demo.folder import CHECKOUT
from happ_webhooks.history.models import ApiToken, Workspace
from happ_webhooks.listen.__main__ import main
from happ_webhooks.listen.catching_up import CannotFetch, recorded
from happ_webhooks.listen.journal import Journal
from happ_webhooks.listen.server import Listener, Manners
from happ_webhooks.wire.sender import Sender
from tests.conftest import record
from tests.receiver import Receiver

BODY = json.dumps({"id": "evt_1", "type": "message.sent", "sequence": 1, "channel": "viber", "chat_id": "c"}).encode()


@contextmanager
def listening(**manners: Any) -> Iterator[tuple[Listener, list[str]]]:
    said: list[str] = []
    listener = Listener(0, Manners(**manners), Journal(), said.append)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield listener, said
    listener.shutdown()
    listener.server_close()


def post(listener: Listener, **headers: str) -> int | None:
    return Sender(allow_private=True).post(listener.url, headers, BODY).status_code


def test_every_request_is_said_in_one_line() -> None:
    with listening() as (listener, said):
        assert post(listener) == 200
    assert len(said) == 1
    assert "message.sent  #1  viber/c  evt_1" in said[0]


def test_it_answers_as_it_was_told_to() -> None:
    with listening(status=503) as (listener, said):
        assert post(listener) == 503
    assert "  503  " in said[0]


def test_it_waits_as_long_as_it_was_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with listening(delay=6.5) as (listener, _):
        assert post(listener) == 200
    assert waited.count(6.5) == 1


class Waits(Manners):
    """Answers only when nobody is there any more."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.gone = threading.Event(), threading.Event()

    def answer(self, given: dict[str, str], body: bytes) -> int:
        self.asked.set()
        return 200 if self.gone.wait(10) else 500


def test_a_sender_that_did_not_wait_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    loud: list[object] = []
    monkeypatch.setattr(ThreadingHTTPServer, "handle_error", lambda *about: loud.append(sys.exception()))
    with listening() as (listener, said):
        listener.manners, ended, close = Waits(), threading.Event(), listener.shutdown_request

        def closes(request: Any) -> None:
            close(request)
            ended.set()

        monkeypatch.setattr(listener, "shutdown_request", closes)
        with socket.create_connection(("127.0.0.1", listener.server_port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # Closing resets.
            connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
            assert listener.manners.asked.wait(10)
        listener.manners.gone.set()
        assert ended.wait(10)
    assert (len(said), loud) == (1, [])


def test_every_third_fails() -> None:
    with listening(fail_every=3) as (listener, _):
        assert [post(listener) for _ in range(6)] == [200, 200, 500, 200, 200, 500]


def test_the_password_is_taken_in_each_of_its_ways() -> None:
    with listening(password="demo") as (listener, _):
        assert post(listener) == 401
        assert post(listener, authorization="Bearer wrong") == 401
        assert post(listener, authorization="Bearer demo") == 200
        assert post(listener, authorization="Basic aGFwcDpkZW1v") == 200
        assert post(listener, **{"x-make-apikey": "demo"}) == 200


def test_requests_are_handed_on_as_they_came(receiver: Receiver) -> None:
    receiver.script = lambda arrival: 202
    with listening(forward=receiver.url) as (listener, said):
        assert post(listener, **{"webhook-id": "evt_1"}) == 202
    assert receiver.arrivals[0].body == BODY
    assert receiver.arrivals[0].headers["webhook-id"] == "evt_1"
    assert "  202  " in said[0]


def test_a_program_behind_it_that_is_away_is_a_bad_gateway() -> None:
    with listening(forward="http://127.0.0.1:1024/") as (listener, _):
        assert post(listener) == 502


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--status", "100"], "--status is a number from 200 to 599."),
        (["--delay", "-1"], "--delay is a number of seconds from 0 to 60."),
        (["--fail-every", "-1"], "--fail-every is a number of requests."),
        (["--secret", "abc"], "--secret cannot be used. A signing secret is whsec_ followed by base64."),
        (["--back-fill", "http://x"], "--back-fill needs --token, an API token with the scope backfill."),
        (
            ["--port", "0", "--back-fill", "http://127.0.0.1:1", "--token", "t"],
            "The API cannot be reached: <urlopen error [Errno 111] Connection refused>.",
        ),
        (["--port", "0", "--back-fill", "ftp://x", "--token", "t"], "The address of the API begins with https://."),
        (["--port", "99999"], "--port is a number from 0 to 65535."),
        (["--port", "-1"], "--port is a number from 0 to 65535."),
        (
            ["--port", "0", "--back-fill", "http://127.0.0.1:abc", "--token", "t"],
            "The API cannot be reached: nonnumeric port: 'abc'.",
        ),
        (["--back-fill", "http://x", "--token", "ключ"], "--token is an API token: happ_ and what follows it."),
        (["--forward", "nonsense"], "--forward is a URL such as http://127.0.0.1:3000/happ."),
        (["--forward", "http://127.0.0.1:99999/"], "--forward is a URL such as http://127.0.0.1:3000/happ."),
        (
            ["--password", "пароль"],
            "--password is what HAPP can send: printable ASCII without blanks around it, at most 512 characters.",
        ),
    ],
    ids=[
        "status",
        "delay",
        "fail-every",
        "secret",
        "token",
        "unreachable",
        "scheme",
        "port-too-large",
        "port-negative",
        "port-of-the-api",
        "token-in-cyrillic",
        "forward",
        "forward-port",
        "password",
    ],
)
def test_what_it_cannot_do_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.splitlines() == [sentence]


@pytest.mark.parametrize(
    "page",
    [
        b"{}",
        b"[]",
        b"<html>",
        b"\xff",
        b"[" * 200_000,
        b'{"data":[1],"next_after":1,"has_more":false}',
        b'{"data":[],"next_after":"x","has_more":false}',
        b'{"data":[],"next_after":0,"has_more":true}',
    ],
    ids=["empty", "list", "html", "bytes", "deep", "no-events", "no-number", "never-ends"],
)
def test_what_is_no_page_of_the_api_is_one_sentence(page: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(page) as api:
        assert main(["--port", "0", "--back-fill", api, "--token", "t"]) == 1
    assert capsys.readouterr().err == (
        "What answers there is not the back-fill API. Its address is https://<happ>/api/v1/workspaces/<workspace>.\n"
    )


@contextmanager
def answering(page: bytes) -> Iterator[str]:
    """A server that gives this page to every GET."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"Port {port} cannot be used: Address already in use. Choose another with --port.\n"
    )


def test_what_is_recorded_is_fetched_page_by_page(workspace: Workspace, live_server: Any) -> None:
    record(workspace, *["chat_1"] * 501)
    _, token = ApiToken.issue(name="t", scopes=["backfill"], workspace=workspace)
    api = f"{live_server.url}/api/v1/workspaces/{workspace.pk}"
    assert [event["sequence"] for event in recorded(api, token)] == list(range(1, 502))
    with pytest.raises(CannotFetch, match="The API answered 401"):
        list(recorded(api, "happ_wrong"))


def test_it_says_what_it_fetched_before_it_listens(
    workspace: Workspace, live_server: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record(workspace, "chat_1", "chat_2", "chat_1")
    _, token = ApiToken.issue(name="t", scopes=["backfill"], workspace=workspace)
    monkeypatch.setattr(Listener, "serve_forever", lambda self: None)
    api = f"{live_server.url}/api/v1/workspaces/{workspace.pk}"
    assert main(["--port", "0", "--back-fill", api, "--token", token]) == 0
    fetched, listening_at = capsys.readouterr().out.splitlines()
    assert fetched == "Fetched 3 recorded events, up to #3"
    assert listening_at.startswith("Listening at http://127.0.0.1:")


@pytest.mark.parametrize(
    "command",
    [["./run", "listen"], [sys.executable, "manage.py", "listen"], [sys.executable, "-m", "happ_webhooks.listen"]],
    ids=["run", "manage.py", "module"],
)
def test_each_of_its_commands_listens_until_it_is_interrupted(command: list[str]) -> None:
    """On a terminal that knows no letters but Latin ones."""
    with started(*command, "--port", "0") as process:
        assert process.stdout
        address = process.stdout.readline().removeprefix("Listening at ").split()[0]
        body = json.dumps({"id": "evt_1", "type": "message.sent", "sequence": 1, "channel": "viber", "chat_id": "чат"})
        assert Sender(allow_private=True).post(address, {}, body.encode()).status_code == 200
        said = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert "200  message.sent  #1  viber/???  evt_1  signature unchecked" in said
    assert (process.returncode, errors) == (0, "")


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    """As a terminal does: a script that runs the suite in the background has its children ignore interrupts."""
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        try:
            yield process
        finally:
            process.kill()
