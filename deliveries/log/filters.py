"""What the log is narrowed to, and places in it."""

import re
from dataclasses import dataclass
from datetime import datetime

CURSOR = "^s[0-9]{1,18}$"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """None is everything. Times are over the event's recorded_at; `before` and `after` are sequences, both excluded.

    With `after` a page holds the oldest deliveries above it, still shown newest first.
    """

    status: str | None = None
    channel: str | None = None
    chat_id: str | None = None
    type: str | None = None
    error: str | None = None
    event_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    after: int | None = None


def cursor_after(sequence: int) -> str:
    """A place in the log."""
    return f"s{sequence}"


def sequence_of(cursor: str) -> int:
    """The sequence of a cursor. Raises ValueError."""
    if not re.fullmatch(CURSOR, cursor):
        raise ValueError
    return int(cursor[1:])
