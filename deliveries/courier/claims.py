"""Reading what is owed, in sequence order: failing heads, what is new past the cursor, a chat's followers."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection as database

from deliveries.courier.owed import Owed
from deliveries.policy import Standing

CLAIM = 256
CLAIM_BYTES = 4 * 1024 * 1024

Values = dict[str, str | int | list[str]]

COLUMNS = """d.event_id, d.sequence, d.type, d.channel, d.chat_id, d.recorded_at, d.rung, d.attempts, d.early_spent,
    d.failing_since, d.first_attempt_at, d.last_attempt_at, d.next_attempt_at"""

FAILING = f"""
SELECT {COLUMNS}, e.body FROM deliveries_delivery d JOIN history_chatevent e ON e.id = d.event_id
 WHERE d.connection_id = %(connection)s AND d.status = 'pending' AND d.attempts > 0
 ORDER BY d.sequence
"""  # noqa: S608 (a constant of this module)

ONE = f"""
SELECT {COLUMNS}, e.body FROM deliveries_delivery d JOIN history_chatevent e ON e.id = d.event_id
 WHERE d.event_id = %(event)s AND d.connection_id = %(connection)s AND d.status = 'pending'
"""  # noqa: S608

# The running sum keeps a claim of very large events small; the first one always comes along.
NEW = f"""
SELECT * FROM (
    SELECT {COLUMNS}, e.body, sum(octet_length(e.body)) OVER (ORDER BY d.sequence) - octet_length(e.body) AS before
      FROM (SELECT * FROM deliveries_delivery
             WHERE connection_id = %(connection)s AND status = 'pending' AND attempts = 0 AND sequence > %(after)s
               AND NOT (channel || ':' || chat_id = ANY(%(passed)s))
             ORDER BY sequence LIMIT %(limit)s) d
      JOIN history_chatevent e ON e.id = d.event_id
) claimed WHERE before < %(bytes)s ORDER BY sequence
"""  # noqa: S608

FOLLOWERS = f"""
SELECT {COLUMNS}, e.body FROM deliveries_delivery d JOIN history_chatevent e ON e.id = d.event_id
 WHERE d.workspace_id = %(workspace)s AND d.channel = %(channel)s AND d.chat_id = %(chat)s AND d.sequence > %(after)s
   AND d.connection_id = %(connection)s AND d.status = 'pending'
 ORDER BY d.sequence LIMIT %(limit)s
"""  # noqa: S608


def failing(connection_id: int) -> list[Owed]:
    """Every event that was tried and waits for its next try: at most one of a chat."""
    return _read(FAILING, {"connection": connection_id})


def one(connection_id: int, event_id: str) -> Owed | None:
    """One event, if it is still owed."""
    return next(iter(_read(ONE, {"connection": connection_id, "event": event_id})), None)


def new(connection_id: int, after: int, passed: Sequence[str]) -> list[Owed]:
    """Events never tried, past the sequence `after`, without those of the chats `passed`."""
    values: Values = {"connection": connection_id, "after": after, "passed": list(passed)}
    return _read(NEW, {**values, "limit": CLAIM, "bytes": CLAIM_BYTES})


def followers(connection_id: int, workspace_id: str, chat: str, after: int, limit: int) -> list[Owed]:
    """The next events of one chat."""
    channel, _, chat_id = chat.partition(":")
    values: Values = {"connection": connection_id, "workspace": workspace_id, "channel": channel, "chat": chat_id}
    return _read(FOLLOWERS, {**values, "after": after, "limit": limit})


def _read(sql: str, values: Values) -> list[Owed]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(_owed(cursor.fetchall()))


def _owed(rows: Iterable[tuple[Any, ...]]) -> Iterable[Owed]:
    for (
        event_id,
        sequence,
        type_,
        channel,
        chat_id,
        recorded_at,
        rung,
        attempts,
        early,
        since,
        first,
        last,
        due,
        body,
        *_,
    ) in rows:
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
        yield Owed(event_id=event_id, sequence=sequence, type=type_, body=body.encode(), standing=standing)
