"""A receiver that records every POST and costs little: one asyncio protocol, answers by path."""

import asyncio
import hashlib
import json
import random
import ssl
import time
from dataclasses import dataclass, field
from enum import Enum

from tests.faults.ledger import Arrival, Ledger

SLOW_SECONDS = 1.5
WOBBLY_SHARE = 0.03


class Mode(Enum):
    """What a path answers: 200, 200 after a while, nothing, 500, or 500 now and then."""

    WELL = "well"
    SLOW = "slow"
    HANGING = "hanging"
    FAILING = "failing"
    WOBBLY = "wobbly"


@dataclass
class Receiver:
    """Feeds the ledger. `modes` holds a path's mode if it is not well."""

    ledger: Ledger
    seed: int
    modes: dict[str, Mode] = field(default_factory=dict)
    servers: list[asyncio.Server] = field(default_factory=list)
    open: set[asyncio.Transport] = field(default_factory=set)

    async def listen(self, host: str, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Listens there too; returns the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Conversation(self), host, port, backlog=512, ssl=tls)
        self.servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        for server in self.servers:
            server.close()
        for transport in list(self.open):
            transport.abort()

    def judge(self, path: str, event: dict[str, object], number: str) -> tuple[int | None, float]:
        """The status to answer, None for no answer at all, and after how many seconds. `number` is the attempt's."""
        mode = self.modes.get(path, Mode.WELL)
        if mode is Mode.HANGING:
            return None, 0.0
        if mode is Mode.FAILING:
            return 500, 0.0
        if mode is Mode.WOBBLY and event["type"] != "ping":
            # By what arrives and not by when: a seed means the same in every run.
            dice = random.Random(f"{self.seed} {path} {event['sequence']} {number}")
            return (500 if dice.random() < WOBBLY_SHARE else 200), 0.0
        return 200, SLOW_SECONDS if mode is Mode.SLOW else 0.0


class Conversation(asyncio.Protocol):
    """One connection of a sender: requests with a content-length, one after the other."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._receiver.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._receiver.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while b"\r\n\r\n" in self._unread:
            head, _, rest = self._unread.partition(b"\r\n\r\n")
            request, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            size = int(headers.get("content-length", 0))
            if len(rest) < size:
                return
            self._unread = rest[size:]
            self._take(request.split(" ")[1], headers, rest[:size])

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        event = json.loads(body)
        status, delay = self._receiver.judge(path, event, headers.get("happ-attempt", ""))
        if event["type"] != "ping":
            arrival = Arrival(
                at=time.monotonic(),
                workspace=event["workspace_id"],
                chat=event["chat_id"],
                sequence=event["sequence"],
                id=event["id"],
                header_id=headers["webhook-id"],
                digest=hashlib.md5(body, usedforsecurity=False).hexdigest(),
                status=None if delay else status,
            )
            self._receiver.ledger.arrive(arrival)
        if status is not None and not delay:
            self._answer(status, None)
        elif status is not None:
            asyncio.get_running_loop().call_later(delay, self._answer, status, event["id"])

    def _answer(self, status: int, late_id: str | None) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(b"HTTP/1.1 %d Answer\r\ncontent-length: 0\r\n\r\n" % status)
        if late_id is not None:
            self._receiver.ledger.take(late_id, time.monotonic())
