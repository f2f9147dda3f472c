"""Requests as HAPP sends them, and such as it never would, for a receiver under test."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from happ_webhooks.check.slowly import hung_up, trickled
from happ_webhooks.wire.envelope import event_body, new_event_id
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.request import Auth, headers
from happ_webhooks.wire.samples import sample_data
from happ_webhooks.wire.sender import Sender

WORKSPACE: Final = "ws_check"
AT_ONCE: Final = 8


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the receiver was given: `secrets` sign, newest first; empty means that it verifies no signature."""

    secrets: tuple[str, ...] = ()
    password: str | None = None
    auth: Auth = field(default_factory=Auth)


@dataclass(frozen=True, kw_only=True)
class Request:
    """Headers and body, signed already; sending it again sends the same bytes."""

    event_id: str
    headers: dict[str, str]
    body: bytes


class Probe:
    """Makes requests for one receiver and sends them. Its sequence counts up as a workspace's does."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url
        self.credentials = credentials
        self._sender = Sender(allow_private=True)
        self._sequence = count(1)

    def skip(self, events: int) -> None:
        """Leaves a gap of so many events."""
        for _ in range(events):
            next(self._sequence)

    def event(
        self, type_: str = "message.received", channel: str = "telegram", chat: str = "chat_1"
    ) -> tuple[str, str]:
        """The id and the text of a new event."""
        now, event_id = datetime.now(UTC), new_event_id()
        data = sample_data(type_, channel, now.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
        return event_id, self.text(event_id, type_, channel, chat, data)

    def text(self, event_id: str, type_: str, channel: str, chat: str, data: dict[str, Any]) -> str:
        return event_body(
            event_id=event_id,
            type=type_,
            occurred_at=datetime.now(UTC),
            sequence=next(self._sequence),
            workspace_id=WORKSPACE,
            channel=channel,
            chat_id=chat,
            data=data,
        )

    def request(
        self,
        event_id: str,
        text: str,
        *,
        attempt: int = 1,
        age: int = 0,
        test: bool = False,
        credentials: Credentials | None = None,
    ) -> Request:
        """A try of an event, made `age` seconds ago."""
        used, body = credentials or self.credentials, text.encode()
        made = headers(
            event_id=event_id,
            timestamp=int(time.time()) - age,
            body=body,
            secrets=used.secrets,
            password=used.password,
            auth=used.auth,
            attempt=attempt,
            test=test,
        )
        return Request(event_id=event_id, headers=made, body=body)

    def send(self, request: Request) -> Outcome:
        return self._sender.post(self.url, request.headers, request.body)

    def send_at_once(self, requests: Sequence[Request]) -> list[Outcome]:
        """All of them at the same moment."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.send, requests))

    def trickle(self, request: Request) -> Outcome:
        """The request with its body in pieces, each a pause after the one before."""
        return trickled(self.url, request.headers, request.body)

    def hang_up(self, request: Request) -> None:
        """The whole request, and away without waiting for the answer, as HAPP is after five seconds."""
        hung_up(self.url, request.headers, request.body)

    def close(self) -> None:
        self._sender.close()
