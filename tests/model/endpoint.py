"""A scripted receiver without a socket: it stands where the courier's POSTs leave the engine."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from happ_webhooks.wire.outcome import Outcome, http_error


@dataclass(frozen=True)
class Post:
    """One POST as it left the engine."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.body))

    @property
    def is_ping(self) -> bool:
        return "happ-test" in self.headers

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def sequence(self) -> int:
        return int(self.event["sequence"])

    @property
    def chat(self) -> str:
        return str(self.event["chat_id"])


Script = Callable[[Post], Outcome]


def answered(status: int, retry_after: float | None = None) -> Outcome:
    """What the sender makes of an answer with this status."""
    accepted = 200 <= status <= 299
    return Outcome(
        status_code=status, error=None if accepted else http_error(status), response_ms=1, retry_after=retry_after
    )


def always(status: int) -> Script:
    return lambda post: answered(status)


class Endpoint:
    """Takes the sender's place. `script` may be changed at any time, and runs in the thread that sends."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.posts: list[Post] = []
        self._lock = threading.Lock()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        post = Post(url, dict(headers), body)
        with self._lock:
            self.posts.append(post)
        return self.script(post)

    @property
    def events(self) -> list[Post]:
        return [post for post in list(self.posts) if not post.is_ping]

    @property
    def pings(self) -> list[Post]:
        return [post for post in list(self.posts) if post.is_ping]

    def sequences(self, chat: str | None = None) -> list[int]:
        return [post.sequence for post in self.events if chat is None or post.chat == chat]
