"""One POST's budget: the moment it must be over, the bytes it may still read, and what it has come to so far."""

from __future__ import annotations

from contextvars import ContextVar
from http.client import HTTPException
from time import monotonic
from typing import Final, Literal

#: Nothing a receiver answers is worth more than this: status line and headers, and a look at the body.
MOST_BYTES_READ: Final = 128 * 1024

Stage = Literal["resolve", "connect", "tls", "send", "answer"]


class AnswerTooLongError(HTTPException):
    """The receiver sent more than a POST may read before its headers ended."""


class Budget:
    """Shared by every step of one POST, so that no step gets more than what the others left of it.

    Times are `time.monotonic()` seconds. The phases are in milliseconds, None where a phase did not take place.
    """

    __slots__ = (
        "bytes_left",
        "connect_ms",
        "connected_at",
        "dns_ms",
        "end",
        "first_byte_ms",
        "fresh",
        "keep_alive",
        "reused",
        "sent_at",
        "stage",
        "started",
        "tls_ms",
    )

    def __init__(self, seconds: float) -> None:
        self.started = monotonic()
        self.end = self.started + seconds
        self.bytes_left = MOST_BYTES_READ
        self.stage: Stage = "resolve"
        self.connected_at = self.started
        self.sent_at = self.started
        self.dns_ms: int | None = None
        self.connect_ms: int | None = None
        self.tls_ms: int | None = None
        self.first_byte_ms: int | None = None
        #: Whether the POST went over a connection that was open before, and whether it must not.
        self.reused = False
        self.fresh = False
        #: Whether the answer leaves the connection fit for another POST.
        self.keep_alive = False

    def left(self) -> float:
        """Seconds that are left, more than 0; TimeoutError when there are none."""
        seconds = self.end - monotonic()
        if seconds <= 0:
            raise TimeoutError("The budget of this POST is used up.")
        return seconds

    @property
    def spent(self) -> bool:
        return monotonic() >= self.end

    @property
    def answered(self) -> bool:
        """Whether a byte of an answer has arrived; what TLS itself says is none."""
        return self.first_byte_ms is not None


#: The budget of the POST that runs in this thread. urllib3 has no other way to hand it to a connection.
current: ContextVar[Budget] = ContextVar("current_budget")


def milliseconds_since(start: float) -> int:
    return round((monotonic() - start) * 1000)
