"""Reading what is owed, in sequence order: failing heads, what is new past the cursor, a chat's followers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from deliveries.courier.owed import Owed
from deliveries.standing import Standing

LIMIT, BYTES = 256, 4 * 1024 * 1024
CHAT_LIMIT, CHAT_BYTES = 64, 1024 * 1024

Values = dict[str, str | int | datetime | list[str] | None]

COLUMNS = """d.event_id, d.sequence, d.channel, d.chat_id, d.recorded_at, d.rung, d.attempts, d.early_spent,
    d.failing_since, d.first_attempt_at, d.last_attempt_at, d.next_attempt_at"""

# Only what is due comes with its text: thousands of chats may wait for their next try.
FAILING = f"""
SELECT {COLUMNS},
       CASE WHEN COALESCE(d.next_attempt_at, d.recorded_at) <= clock_timestamp() + interval '1 second'
              OR (NOT d.early_spent AND d.last_attempt_at < %(heads_due_at)s) THEN e.body ELSE '' END
  FROM deliveries_delivery d JOIN history_chatevent e ON e.id = d.event_id
 WHERE d.connection_id = %(connection)s AND d.status = 'pending' AND d.attempts > 0
 ORDER BY d.sequence LIMIT %(limit)s
"""  # noqa: S608 (a constant of this module)

ONE = f"""
SELECT {COLUMNS}, e.body FROM deliveries_delivery d JOIN history_chatevent e ON e.id = d.event_id
 WHERE d.event_id = %(event)s AND d.connection_id = %(connection)s AND d.status = 'pending'
"""  # noqa: S608

# The running sum keeps a claim of very large events small; the first one always comes along. `newest` says how far the
# claim has looked, since what it passes over would else be looked at again and again.
NEW = f"""
SELECT newest.sequence, claimed.* FROM (
    SELECT max(sequence) AS sequence FROM deliveries_delivery
     WHERE connection_id = %(connection)s AND status = 'pending') newest
LEFT JOIN (
    SELECT {COLUMNS}, e.body, sum(octet_length(e.body)) OVER (ORDER BY d.sequence) - octet_length(e.body) AS before
      FROM (SELECT * FROM deliveries_delivery
             WHERE connection_id = %(connection)s AND status = 'pending' AND attempts = 0 AND sequence > %(after)s
               AND NOT (channel || ':' || chat_id = ANY(%(passed)s))
             ORDER BY sequence LIMIT %(limit)s) d
      JOIN history_chatevent e ON e.id = d.event_id
) claimed ON claimed.before < %(bytes)s
 ORDER BY claimed.sequence
"""  # noqa: S608

FOLLOWERS = f"""
SELECT * FROM (
    SELECT {COLUMNS}, e.body, sum(octet_length(e.body)) OVER (ORDER BY d.sequence) - octet_length(e.body) AS before
      FROM deliveries_delivery d JOIN history_chatevent e ON e.id = d.event_id
     WHERE d.workspace_id = %(workspace)s AND d.channel = %(channel)s AND d.chat_id = %(chat)s
       AND d.sequence > %(after)s AND d.connection_id = %(connection)s AND d.status = 'pending'
     ORDER BY d.sequence LIMIT %(limit)s
) claimed WHERE before < %(bytes)s ORDER BY sequence
"""  # noqa: S608


@dataclass(frozen=True)
class Claim:
    """Events in sequence order; `more`: there may be others behind them; `looked_to`: the last sequence looked at."""

    events: list[Owed]
    more: bool
    looked_to: int


def failing(connection_id: int, heads_due_at: datetime | None, limit: int | None = None) -> list[Owed]:
    """The events that were tried and wait for their next try, oldest first: at most one of a chat."""
    values: Values = {"connection": connection_id, "heads_due_at": heads_due_at, "limit": limit}
    return [_owed(row) for row in _rows(FAILING, values)]


def one(connection_id: int, event_id: str) -> Owed | None:
    """One event, if it is still owed."""
    return next((_owed(row) for row in _rows(ONE, {"connection": connection_id, "event": event_id})), None)


def new(connection_id: int, after: int, passed: Sequence[str], limit: int = LIMIT) -> Claim:
    """At most `limit` events never tried, past the sequence `after`, without those of the chats `passed`."""
    values: Values = {"connection": connection_id, "after": after, "passed": list(passed)}
    rows = _rows(NEW, {**values, "limit": limit, "bytes": BYTES})
    events = [_owed(row[1:]) for row in rows if row[1] is not None]
    more = _is_cut(events, limit, BYTES)
    newest = rows[0][0] if rows else None
    return Claim(events, more, events[-1].sequence if more else max(after, newest or 0))


def followers(connection_id: int, workspace_id: str, chat: str, after: int) -> Claim:
    """The next events of one chat."""
    channel, _, chat_id = chat.partition(":")
    values: Values = {"connection": connection_id, "workspace": workspace_id, "channel": channel, "chat": chat_id}
    rows = _rows(FOLLOWERS, {**values, "after": after, "limit": CHAT_LIMIT, "bytes": CHAT_BYTES})
    events = [_owed(row) for row in rows]
    return Claim(events, _is_cut(events, CHAT_LIMIT, CHAT_BYTES), events[-1].sequence if events else after)


def _is_cut(events: Sequence[Owed], limit: int, size: int) -> bool:
    """Whether the claim ended at one of its limits, in events or in bytes."""
    return len(events) == limit or sum(len(event.body) for event in events) >= size


def _rows(sql: str, values: Values) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _owed(row: tuple[Any, ...]) -> Owed:
    event_id, sequence, channel, chat_id, recorded_at, rung, attempts, early, since, first, last, due, body = row[:13]
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
    return Owed(event_id=event_id, sequence=sequence, body=body.encode(), standing=standing)
