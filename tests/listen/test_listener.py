"""The listener answers as it was told to, and says in one sentence what it cannot do."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

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
    ],
    ids=["status", "delay", "fail-every", "secret", "token", "unreachable", "scheme"],
)
def test_what_it_cannot_do_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.splitlines() == [sentence]


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
