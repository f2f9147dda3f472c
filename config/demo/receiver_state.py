"""What the demo receiver answers with, and what arrived at it."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from happ_webhooks.wire.verification import password_fits, verify

KEPT = 5000
DEMO_PASSWORD = "demo"  # noqa: S105 - printed on the page
SLOW_SECONDS, HANG_SECONDS = 1.0, 30.0


class ControlError(ValueError):
    """A setting that makes no sense; the text says which."""


@dataclass(frozen=True)
class Behaviour:
    """`status` after `delay` seconds, except that the first `fail_first` answers from now on are 500."""

    mode: str = "200"
    status: int = 200
    delay: float = 0.0
    fail_first: int = 0

    @classmethod
    def of(cls, mode: str, delay: float | None, fail_first: int) -> "Behaviour":
        if mode == "slow":
            return cls(mode, 200, SLOW_SECONDS if delay is None else delay)
        if mode == "hang":
            return cls(mode, 200, HANG_SECONDS if delay is None else delay)
        if mode == "fail_first":
            return cls(mode, 200, delay or 0.0, fail_first)
        if mode.isdecimal() and 200 <= int(mode) <= 599:
            return cls(mode, int(mode), delay or 0.0)
        raise ControlError("mode must be a status from 200 to 599, slow, hang or fail_first.")


@dataclass
class Receiver:
    """Thread-safe. Keeps the last 5000 arrivals in memory and nothing on disk."""

    password: str | None = DEMO_PASSWORD
    secret: str | None = None
    behaviour: Behaviour = Behaviour()
    arrivals: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=KEPT))
    changed: threading.Condition = field(default_factory=threading.Condition)
    failures_left: int = 0

    def control(self, settings: Mapping[str, object]) -> None:
        """Change what is named: mode, delay, fail_first, password (null: none), secret (null: none); wakes hangers."""
        with self.changed:
            if "mode" in settings:
                delay, count = settings.get("delay"), settings.get("fail_first")
                self.behaviour = Behaviour.of(
                    str(settings["mode"]),
                    float(delay) if isinstance(delay, int | float | str) else None,
                    int(count) if isinstance(count, int | str) else 1,
                )
                self.failures_left = self.behaviour.fail_first
            for name in ("password", "secret"):
                if name in settings:
                    setattr(self, name, str(settings[name]) if settings[name] else None)
            self.changed.notify_all()

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """Record a webhook and say which status answers it, after the delay the behaviour asks for."""
        with self.changed:
            behaviour, status = self.behaviour, self._status(headers)
            self.arrivals.append(self._arrival(headers, body, status))
            if behaviour.delay and status != 401:
                self.changed.wait_for(lambda: self.behaviour is not behaviour, behaviour.delay)
        return status

    def _status(self, headers: Mapping[str, str]) -> int:
        if not password_fits(self.password, headers):
            return 401
        if self.failures_left:
            self.failures_left -= 1
            return 500
        return self.behaviour.status

    def _arrival(self, headers: Mapping[str, str], body: bytes, status: int) -> dict[str, object]:
        event = parsed(body)
        return {
            "id": headers.get("webhook-id"),
            "type": event.get("type"),
            "channel": event.get("channel"),
            "chat": event.get("chat_id"),
            "sequence": event.get("sequence"),
            "attempt": headers.get("happ-attempt"),
            "test": headers.get("happ-test") == "1",
            "signature": verify(self.secret, headers, body),
            "status": status,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "headers": {name: text for name, text in headers.items() if name.startswith("webhook-")},
            "body": body.decode(errors="replace"),
        }


def parsed(body: bytes) -> dict[str, object]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
