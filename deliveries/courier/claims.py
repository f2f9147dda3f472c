"""Reading what is owed, in sequence order: failing heads, what is new past the cursor, a chat's followers.

Each reads the deliveries first and then the texts of what may be sent now, by two statements of one table each: to plan
a join of the two took the database longer than all the rest. What is not in the history any more is owed no longer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection as database

from deliveries.courier.owed import Owed
from deliveries.standing import Standing
from happ_webhooks.history.prepared import Prepared

LIMIT, BYTES = 256, 4 * 1024 * 1024
CHAT_LIMIT, CHAT_BYTES = 64, 1024 * 1024
EVERY_BYTE = 2**62

Values = dict[str, str | int | datetime | list[str] | None]
Row = tuple[Any, ...]

COLUMNS = """event_id, sequence, channel, chat_id, recorded_at, rung, attempts, early_spent,
    failing_since, first_attempt_at, last_attempt_at, next_attempt_at"""

FAILING = Prepared(
    "failing",
    f"""
SELECT {COLUMNS}, COALESCE(next_attempt_at, recorded_at) <= clock_timestamp() + interval '1 second'
              OR (NOT early_spent AND last_attempt_at < %(heads_due_at)s)
  FROM deliveries_delivery WHERE connection_id = %(connection)s AND status = 'pending' AND attempts > 0
 ORDER BY sequence LIMIT %(limit)s
""",  # noqa: S608 (a constant of this module)
)

ONE = f"""
SELECT {COLUMNS} FROM deliveries_delivery
 WHERE event_id = %(event)s AND connection_id = %(connection)s AND status = 'pending'
"""  # noqa: S608

NEW = Prepared(
    "new",
    f"""
SELECT {COLUMNS} FROM deliveries_delivery
 WHERE connection_id = %(connection)s AND status = 'pending' AND attempts = 0 AND sequence > %(after)s
   AND NOT (channel || ':' || chat_id = ANY(%(passed)s))
 ORDER BY sequence LIMIT %(limit)s
""",  # noqa: S608
)

NEWEST = """
SELECT sequence FROM deliveries_delivery WHERE connection_id = %(connection)s AND status = 'pending'
 ORDER BY connection_id DESC, sequence DESC LIMIT 1
"""

FOLLOWERS = f"""
SELECT {COLUMNS} FROM deliveries_delivery
 WHERE workspace_id = %(workspace)s AND channel = %(channel)s AND chat_id = %(chat)s
   AND sequence > %(after)s AND connection_id = %(connection)s AND status = 'pending'
 ORDER BY sequence LIMIT %(limit)s
"""  # noqa: S608

# The running sum keeps a claim of very large events small; the first one always comes along.
TEXTS = Prepared(
    "texts",
    """
SELECT id, body FROM (
    SELECT id, body, sum(octet_length(body)) OVER (ORDER BY sequence) - octet_length(body) AS before
      FROM history_chatevent WHERE id = ANY(%(ids)s)) AS texts
 WHERE before < %(bytes)s
""",
)


@dataclass(frozen=True)
class Claim:
    """Events in sequence order; `more`: there may be others behind them; `looked_to`: the last sequence looked at."""

    events: list[Owed]
    more: bool
    looked_to: int


def failing(connection_id: int, heads_due_at: datetime | None, limit: int | None = None) -> list[Owed]:
    """The events that were tried and wait for their next try, oldest first: at most one of a chat.

    Only what is due comes with its text: thousands of chats may wait for their next try.
    """
    rows = _rows(FAILING, {"connection": connection_id, "heads_due_at": heads_due_at, "limit": limit})
    texts = _texts([row for row in rows if row[-1]], EVERY_BYTE)
    return [_owed(row, texts.get(row[0], "")) for row in rows if row[0] in texts or not row[-1]]


def one(connection_id: int, event_id: str) -> Owed | None:
    """One event, if it is still owed."""
    rows = _rows(ONE, {"connection": connection_id, "event": event_id})
    return next(iter(_with_texts(rows, EVERY_BYTE)), None)


def new(connection_id: int, after: int, passed: Sequence[str], limit: int = LIMIT) -> Claim:
    """At most `limit` events never tried, past the sequence `after`, without those of the chats `passed`."""
    # Before the claim, since what comes in between must not be passed over.
    newest = _newest(connection_id) if passed else 0
    values: Values = {"connection": connection_id, "after": after, "passed": list(passed), "limit": limit}
    claim = _claim(_rows(NEW, values), limit, BYTES, after)
    # What was passed over would else be looked at again and again.
    return claim if claim.more else replace(claim, looked_to=max(claim.looked_to, newest))


def _newest(connection_id: int) -> int:
    rows = _rows(NEWEST, {"connection": connection_id})
    return int(rows[0][0]) if rows else 0


def followers(connection_id: int, workspace_id: str, chat: str, after: int) -> Claim:
    """The next events of one chat."""
    channel, _, chat_id = chat.partition(":")
    values: Values = {"connection": connection_id, "workspace": workspace_id, "channel": channel, "chat": chat_id}
    return _claim(_rows(FOLLOWERS, {**values, "after": after, "limit": CHAT_LIMIT}), CHAT_LIMIT, CHAT_BYTES, after)


def _claim(rows: Sequence[Row], limit: int, size: int, after: int) -> Claim:
    """What these rows owe, cut where its texts reach `size` bytes."""
    events = _with_texts(rows, size)
    if sum(len(event.body) for event in events) >= size:
        return Claim(events, True, events[-1].sequence)
    return Claim(events, len(rows) == limit, rows[-1][1] if rows else after)


def _with_texts(rows: Sequence[Row], size: int) -> list[Owed]:
    """Without those whose text is not in the history any more, or did not come along."""
    texts = _texts(rows, size)
    return [_owed(row, texts[row[0]]) for row in rows if row[0] in texts]


def _texts(rows: Sequence[Row], size: int) -> dict[str, str]:
    """By the events' ids, in sequence order until they reach `size` bytes."""
    if not rows:
        return {}
    return dict(_rows(TEXTS, {"ids": [row[0] for row in rows], "bytes": size}))


def _rows(sql: str, values: Values) -> list[Row]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _owed(row: Row, text: str) -> Owed:
    event_id, sequence, channel, chat_id, recorded_at, rung, attempts, early, since, first, last, due = row[:12]
    standing = Standing(
        chat=f"{channel}:{chat_id}",
        recorded_at=recorded_at,
        rung=rung,
        attempts=attempts,
        early_spent=early,
        failing_since=since,
        first_attempt_at=first,
        last_attempt_at=last,
        next_attempt_at=due,
    )
    return Owed(event_id=event_id, sequence=sequence, body=text.encode(), standing=standing)
