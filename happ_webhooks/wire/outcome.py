"""What one POST came to, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REDIRECT: Final = "REDIRECT"
TIMEOUT: Final = "TIMEOUT"
DNS: Final = "DNS"
REFUSED: Final = "REFUSED"
RESET: Final = "RESET"
TLS: Final = "TLS"
BLOCKED: Final = "BLOCKED"
BAD_RESPONSE: Final = "BAD_RESPONSE"
INTERNAL: Final = "INTERNAL"

HTTP_PREFIX: Final = "HTTP_"

#: The errors that are no `HTTP_<status>`.
CODES: Final = (REDIRECT, TIMEOUT, DNS, REFUSED, RESET, TLS, BLOCKED, BAD_RESPONSE, INTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one POST came to: a value, never an exception."""

    #: The status line's number; None when no status line and headers arrived in time.
    status_code: int | None = None
    #: None exactly on a 2xx; else a code of this module or `HTTP_<status>`.
    error: str | None = None
    #: An English sentence of our own, at most 200 characters: never the receiver's words, a path, a query or a secret.
    detail: str = ""
    #: Wall clock of the whole POST, in milliseconds. The phases below are None when they did not take place.
    response_ms: int = 0
    dns_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    #: From the last byte of the request to the first byte of the answer.
    first_byte_ms: int | None = None
    #: Seconds the receiver asked us to wait, 0 to 86400, on 429 and 503 only.
    retry_after: float | None = None

    @property
    def accepted(self) -> bool:
        return self.error is None


def http_error(status: int) -> str:
    """The error of an answer that is no 2xx; a redirect is never followed, so it has a code of its own."""
    return REDIRECT if 300 <= status <= 399 else f"{HTTP_PREFIX}{status}"
