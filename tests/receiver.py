"""A scripted receiver on a real socket: what it answers is a function of what it gets."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(frozen=True)
class Arrival:
    """One POST as it came in."""

    headers: dict[str, str]
    body: bytes
    at: float
    path: str

    @property
    def event(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.body))

    @property
    def is_ping(self) -> bool:
        return bool(self.event["type"] == "ping")


@dataclass(frozen=True)
class Reply:
    """What to answer, after how many seconds, with which further headers."""

    status: int = 200
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Arrival], Reply | int]


class Receiver:
    """Listens on loopback until closed. `script` may be changed at any time."""

    def __init__(self, script: Script = lambda arrival: 200) -> None:
        self.script = script
        self.arrivals: list[Arrival] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/happ"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies of what arrived, without pings."""
        return [arrival.event for arrival in list(self.arrivals) if not arrival.is_ping]

    @property
    def pings(self) -> list[Arrival]:
        return [arrival for arrival in list(self.arrivals) if arrival.is_ping]

    def sequences(self, chat_id: str | None = None) -> list[int]:
        return [event["sequence"] for event in self.events if chat_id is None or event["chat_id"] == chat_id]

    def add(self, arrival: Arrival) -> None:
        with self._lock:
            self.arrivals.append(arrival)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: A connection beyond it would wait a second for the next try of the kernel's.
    request_queue_size = 512


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        arrival = Arrival(headers, body, time.monotonic(), self.path)
        self.receiver.add(arrival)
        reply = self.receiver.script(arrival)
        reply = Reply(reply) if isinstance(reply, int) else reply
        time.sleep(reply.delay)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass
