"""The listener: answers POSTs as it was told to, or as the program behind it does."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Final

from happ_webhooks.listen.journal import Journal
from happ_webhooks.wire.sender import Sender
from happ_webhooks.wire.verification import password_fits

BODY_LIMIT: Final = 4 * 1024 * 1024
HOP_BY_HOP: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te"}
)


@dataclass(kw_only=True)
class Manners:
    """How it answers: `status` after `delay` seconds, 500 for every `fail_every`-th, or what `forward` answers."""

    status: int = 200
    delay: float = 0.0
    fail_every: int = 0
    password: str | None = None
    forward: str | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _sender: Sender = field(default_factory=lambda: Sender(allow_private=True))

    def answer(self, given: dict[str, str], body: bytes) -> int:
        """The status for a request whose header names are in lower case."""
        if not password_fits(self.password, given):
            return HTTPStatus.UNAUTHORIZED
        time.sleep(self.delay)
        if self.fail_every and next(self._numbers) % self.fail_every == 0:
            return HTTPStatus.INTERNAL_SERVER_ERROR
        return self._forwarded(given, body) if self.forward else self.status

    def _forwarded(self, given: dict[str, str], body: bytes) -> int:
        kept = {name: value for name, value in given.items() if name not in HOP_BY_HOP}
        outcome = self._sender.post(self.forward or "", kept, body)
        return outcome.status_code or HTTPStatus.BAD_GATEWAY


class Listener(ThreadingHTTPServer):
    """Listens on loopback until it is closed; `say` gets a line for every request. OSError if the port is taken."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, manners: Manners, journal: Journal, say: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.manners, self.journal, self.say = manners, journal, say
        self.saying = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that did not wait is no error: HAPP is gone after five seconds."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        given = {name.lower(): value for name, value in self.headers.items()}
        status = self.server.manners.answer(given, body)
        with self.server.saying:
            self.server.say(self.server.journal.line(given, body, status))
        self._answer(status)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the base class
        """Each request has its own line already."""
