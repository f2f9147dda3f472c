"""Steady traffic through the real ingest API. A request that is not answered is repeated with the same source ids."""

import asyncio
import json
import random
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tests.faults.ledger import Accepted, Ledger

LARGEST_BATCH = 500
PATIENCE = 8.0
PAUSE = 0.2
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
CHANNELS = ("telegram", "viber", "instagram", "facebook", "whatsapp")


@dataclass(frozen=True)
class Pace:
    """Events of one workspace: `size` every `seconds`, spread over `chats` conversations."""

    size: int
    seconds: float
    chats: int


@dataclass
class Lane:
    """The traffic of one workspace, in order: one request at a time, nothing is skipped."""

    workspace: str
    pace: Pace
    dice: random.Random
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    asked_at: dict[str, float] = field(default_factory=dict)
    unanswered: int = 0
    answered_at: float = 0.0
    numbers: "count[int]" = field(default_factory=count)

    def make(self) -> None:
        for _ in range(self.pace.size):
            number, chat = next(self.numbers), self.dice.randrange(self.pace.chats)
            self.waiting.append(
                {
                    "source_id": f"{self.workspace}-{number}",
                    "type": "message.received",
                    "channel": CHANNELS[chat % len(CHANNELS)],
                    "chat_id": f"chat_{chat}",
                    "occurred_at": "2026-05-25T11:30:07.412Z",
                    "data": {"message": {"text": f"Доброго дня, {number}!"}, "sender": {"name": "Олена"}},
                }
            )


class Feeder:
    """All lanes, each with a connection of its own. Runs in the traffic's event loop."""

    def __init__(self, web: str, token: str, ledger: Ledger) -> None:
        parts = urlsplit(web)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self.token = token
        self._ledger = ledger
        self.lanes: dict[str, Lane] = {}
        self.flowing = True
        self.ended = False

    async def run(self, lane: Lane) -> None:
        """Makes and sends a lane's events until `ended` and nothing of it waits."""
        maker = asyncio.create_task(self._make(lane))
        connection = Line(self._host, self._port, self._tls)
        try:
            await self._send(lane, connection)
        finally:
            maker.cancel()
            connection.close()

    async def _make(self, lane: Lane) -> None:
        await asyncio.sleep(lane.dice.random() * lane.pace.seconds)
        due = time.monotonic()
        while not self.ended:
            if self.flowing:
                lane.make()
            due += lane.pace.seconds
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _send(self, lane: Lane, connection: "Line") -> None:
        while not self.ended or lane.waiting:
            if not lane.waiting:
                await asyncio.sleep(0.01)
                continue
            batch = [lane.waiting[number] for number in range(min(len(lane.waiting), LARGEST_BATCH))]
            await self._offer(connection, lane, batch)

    async def _offer(self, connection: "Line", lane: Lane, batch: list[dict[str, Any]]) -> None:
        asked_at = time.monotonic()
        for event in batch:
            lane.asked_at.setdefault(event["source_id"], asked_at)
        path = f"/api/v1/workspaces/{lane.workspace}/events"
        try:
            status, body = await asyncio.wait_for(connection.post(path, self.token, {"events": batch}), PATIENCE)
        except (TimeoutError, OSError, EOFError, ValueError):
            connection.close()
            status, body = 503, b""
        if status == 202:
            self._note(lane, batch, json.loads(body)["accepted"])
            return
        lane.unanswered += 1
        if status not in AGAIN:
            self._ledger.breach(f"ingest answered {status}: {body[:300]!r}")
        await asyncio.sleep(PAUSE)

    def _note(self, lane: Lane, batch: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
        now = lane.answered_at = time.monotonic()
        for event, answer in zip(batch, answers, strict=True):
            lane.waiting.popleft()
            asked_at = lane.asked_at.pop(event["source_id"])
            self._ledger.accept(
                Accepted(
                    id=answer["id"],
                    sequence=answer["sequence"],
                    workspace=lane.workspace,
                    chat=event["chat_id"],
                    state=answer["state"],
                    asked_at=asked_at,
                    answered_at=now,
                )
            )


class Line:
    """A kept connection to the web processes, made when needed."""

    def __init__(self, host: str, port: int, tls: bool) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, token: str, value: object) -> tuple[int, bytes]:
        """Status and body of the answer; OSError, EOFError or ValueError if there is none."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls or None)
        reading, writing = self._streams
        body = json.dumps(value).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: {self._host}\r\nauthorization: Bearer {token}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        writing.write(head.encode() + body)
        answer = (await reading.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(answer.split(" ", 2)[1])
        size = int(answer.split("content-length: ", 1)[1].split("\r\n", 1)[0])
        content = await reading.readexactly(size)
        if "connection: close" in answer:
            self.close()
        return status, content

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
