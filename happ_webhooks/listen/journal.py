"""What a listener knows of what came, and what it says about each request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from happ_webhooks.wire.verification import verify

LONGEST_PART: Final = 200


@dataclass
class Journal:
    """Thread-safe. `secret` verifies; None leaves signatures unchecked."""

    secret: str | None = None
    _ids: set[str] = field(default_factory=set)
    _newest_of_chat: dict[tuple[str, str], int] = field(default_factory=dict)
    _sequences: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def line(self, headers: Mapping[str, str], body: bytes, status: int) -> str:
        """One request in one line, without what is in the message. Names of `headers` are in lower case."""
        event = _parsed(body)
        with self._lock:
            remarks = self._remarks(event)
        parts = [
            time.strftime("%H:%M:%S"),
            str(status),
            str(event.get("type", "not a HAPP event")),
            f"#{event.get('sequence', '-')}",
            f"{event.get('channel', '-')}/{event['chat_id']}" if event.get("chat_id") else "",
            str(event.get("id", "")),
            f"try {headers['happ-attempt']}" if headers.get("happ-attempt", "1") != "1" else "",
            f"signature {verify(self.secret, headers, body)}",
            _age(event),
            *remarks,
        ]
        return "  ".join(_plain(part) for part in parts if part)

    def known(self, event: Mapping[str, Any]) -> None:
        """An event that was fetched and not POSTed."""
        with self._lock:
            self._remarks(event)

    def newest(self) -> int:
        """The largest sequence seen, 0 for none."""
        with self._lock:
            return max(self._sequences, default=0)

    def _remarks(self, event: Mapping[str, Any]) -> list[str]:
        event_id, sequence = event.get("id"), event.get("sequence")
        if event.get("test"):
            return ["TEST"]
        if not isinstance(event_id, str) or not isinstance(sequence, int):
            return []
        if event_id in self._ids:
            return ["DUPLICATE"]
        remarks = [*self._order(event, sequence), *self._gap(sequence)]
        self._ids.add(event_id)
        self._sequences.add(sequence)
        return remarks

    def _order(self, event: Mapping[str, Any], sequence: int) -> list[str]:
        chat = (str(event.get("channel")), str(event.get("chat_id")))
        before = self._newest_of_chat.get(chat, 0)
        self._newest_of_chat[chat] = max(before, sequence)
        return [f"OUT OF ORDER: this chat was at #{before}"] if sequence < before else []

    def _gap(self, sequence: int) -> list[str]:
        """Said once, at the first event after a hole. It may fill yet: chats go in parallel."""
        newest = max(self._sequences, default=sequence - 1)
        if sequence <= newest + 1:
            return []
        return [f"GAP: #{newest + 1} to #{sequence - 1} not here yet"]


def _plain(part: str) -> str:
    """What is safe on a terminal: anybody may send anything to a listener."""
    shown = part if len(part) <= LONGEST_PART else part[:LONGEST_PART] + "..."
    return "".join(character if character.isprintable() else "?" for character in shown)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _age(event: Mapping[str, Any]) -> str:
    """From when it happened to now; both clocks are trusted."""
    try:
        happened = datetime.fromisoformat(str(event.get("timestamp")))
        return f"{max(0, round((time.time() - happened.timestamp()) * 1000))} ms after it happened"
    except (ValueError, OverflowError):
        return ""
