"""Trace ids (W3C Trace Context): whose call it is, and an event's own, which is made of its id.

A ULID has the 16 bytes of a trace id. So an event has the same one from ingest through the broker, every try and every
restart, and nothing has to carry or keep it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

# Version, trace, span (the caller's), flags. A later version may add fields; version ff is none.
_TRACEPARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", re.ASCII)
# Crockford's base 32, as ULIDs have it, to the digits of `int`: a fifth of the time that decoding them takes.
_DIGITS: Final = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789abcdefghijklmnopqrstuv")


@dataclass(frozen=True, slots=True)
class Caller:
    """Of which trace a request is a part, and of which span of it; lower-case hexadecimal."""

    trace: str
    span: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace}-{self.span}-01"


def caller_of(traceparent: str) -> Caller | None:
    """What a `traceparent` header says; None for one that is not well formed."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    version, trace, span, more = found.groups()
    if (version == "00" and more) or not trace.strip("0") or not span.strip("0"):
        return None
    return Caller(trace, span)


def new_caller() -> Caller:
    """For a request that says nothing."""
    return Caller(secrets.token_hex(16), secrets.token_hex(8))


def trace_of(event_id: str) -> str:
    """An event's trace id, 32 hexadecimal digits; ValueError for what is no `evt_` and a ULID."""
    return f"{int(event_id.removeprefix('evt_').translate(_DIGITS), 32):032x}"


def span_of(event_id: str) -> str:
    """The id of the span in which an event was accepted, 16 hexadecimal digits: what its attempts belong to."""
    return trace_of(event_id)[16:]
