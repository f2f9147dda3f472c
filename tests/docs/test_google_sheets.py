"""The receiver for Google Sheets, started by the docs' commands, brings every event into the sheet once."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from integrations.connecting import connect
from tests.conftest import record
from tests.docs.conftest import PASSWORD, Shop, Start
from tests.docs.samples import Sample
from tests.processes import eventually

pytestmark = pytest.mark.timeout(120)


class Script:
    """Behaves as a deployed Apps Script does: it runs at the POST, and what it returns is where its 302 points."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.broken = 0
        handler = type("Handler", (_Handler,), {"script": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/macros/s/1/exec"

    def runs(self, body: bytes) -> str:
        """Where its answer is. A script that throws answers with a page about it, and status 200."""
        if self.broken:
            self.broken -= 1
            return "/thrown"
        self.rows.append(json.loads(body))
        return "/echo"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    script: Script

    def do_POST(self) -> None:
        place = self.script.runs(self.rfile.read(int(self.headers["content-length"])))
        self.send_response_only(302)
        self.send_header("location", place)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.end_headers()
        self.wfile.write({"/echo": b"ok", "/thrown": b"<html>TypeError"}[self.path])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    yield script
    script.close()


@pytest.fixture
def sample(prepared: Start) -> Sample:
    return prepared("Google Sheets (Apps Script)", "no-code.md")


def ids(script: Script) -> list[str]:
    return [row["id"] for row in script.rows]


def test_every_event_becomes_one_row_although_the_script_answers_302_and_throws_once(
    sample: Sample, script: Script, shop: Shop
) -> None:
    sample.start(HAPP_SCRIPT=script.url)
    connect(shop.id, url=sample.url, password=PASSWORD)
    eventually(lambda: [row["type"] for row in script.rows] == ["ping"])
    script.broken = 1
    events = record(shop.workspace, "chat_1", "chat_1", "chat_1")
    eventually(lambda: len(script.rows) == 4, 30)
    assert ids(script)[1:] == [event.id for event in events]
    assert "Not written yet: " in sample.output


def test_what_was_answered_204_is_written_after_a_kill(sample: Sample, script: Script, shop: Shop) -> None:
    script.broken = 1000
    sample.start(HAPP_SCRIPT=script.url)
    connect(shop.id, url=sample.url, password=PASSWORD)
    eventually(lambda: "Not written yet: " in sample.output)
    assert script.rows == []
    sample.stop()
    script.broken = 0
    sample.start(HAPP_SCRIPT=script.url)
    eventually(lambda: [row["type"] for row in script.rows] == ["ping"])


def test_without_the_address_of_the_script_it_says_one_sentence_and_ends(sample: Sample) -> None:
    done = sample.runs(f"exec {sample.last_command}", HAPP_SCRIPT="")
    sentence = "HAPP_SCRIPT must be the address of the deployed script: https://script.google.com/macros/s/.../exec\n"
    assert (done.returncode, done.stdout) == (1, sentence)
