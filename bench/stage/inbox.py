"""What has arrived at the receiver, how its endpoints behave, and what the benchmark may ask it."""

import json
from time import time
from typing import Final

OK: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
UNAVAILABLE: Final = b"HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n"
ID: Final = b"webhook-id: "
TEST: Final = b"\r\nhapp-test: "


class Inbox:
    """Endpoints are numbers, which are also their paths. One that has no mode answers 200 at once."""

    def __init__(self) -> None:
        self.modes: dict[int, str] = {}
        # Wall clock, endpoint, event id, whether it is a ping.
        self.arrivals: list[tuple[float, int, bytes, bool]] = []
        self.accepted: set[bytes] = set()

    @property
    def refusing(self) -> set[int]:
        return {number for number, mode in self.modes.items() if mode == "refusing"}

    def take(self, head: bytes) -> bytes:
        """Notes a POST and gives the answer's bytes, none if there is to be no answer."""
        number = int(head[6 : head.index(b" ", 6)])
        begins = head.find(ID) + len(ID)
        event_id = head[begins : head.index(b"\r", begins)]
        is_ping = TEST in head
        self.arrivals.append((time(), number, event_id, is_ping))
        mode = self.modes.get(number)
        if mode is None:
            if not is_ping:
                self.accepted.add(event_id)
            return OK
        return b"" if mode == "hanging" else UNAVAILABLE

    def control(self, request: str, body: bytes) -> bytes:
        """The benchmark's own requests; answered with all arrivals, or with how many there were."""
        if request == "PUT /modes":
            self.modes = {int(number): mode for number, mode in json.loads(body).items()}
        elif request == "DELETE /arrivals":
            self.arrivals.clear()
            self.accepted.clear()
        counts = {"posts": len(self.arrivals), "events": len(self.accepted)}
        text = json.dumps(self._all() if request == "GET /arrivals" else counts).encode()
        return b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(text), text)

    def _all(self) -> list[tuple[float, int, str, bool]]:
        return [(at, number, event_id.decode(), is_ping) for at, number, event_id, is_ping in self.arrivals]
