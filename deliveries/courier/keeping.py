"""Keeping what was judged: the attempts, and where each event stands now; two statements however many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from deliveries import gaps
from deliveries.courier.owed import Answer, Owed
from deliveries.models import CloseReason, Connection, Status
from deliveries.standing import Standing, Verdict

# One INSERT over columns: a row costs a quarter of the time that an object of the ORM does.
ATTEMPTS = """
INSERT INTO deliveries_deliveryattempt
       (connection_id, event_id, number, started_at, response_ms, dns_ms, connect_ms, tls_ms, first_byte_ms,
        status_code, error, detail)
SELECT %s, v.* FROM unnest(%s::text[], %s::int[], %s::timestamptz[], %s::int[], %s::int[], %s::int[], %s::int[],
                           %s::int[], %s::smallint[], %s::text[], %s::text[]) AS v
"""

SETTLE = """
UPDATE deliveries_delivery d
   SET status = CASE WHEN d.status = 'pending' THEN v.status ELSE d.status END,
       reason = CASE WHEN d.status = 'pending' THEN v.reason ELSE d.reason END,
       settled_at = CASE WHEN d.status = 'pending' THEN v.settled_at ELSE d.settled_at END,
       attempts = v.attempts, rung = v.rung, early_spent = v.early_spent, failing_since = v.failing_since,
       first_attempt_at = v.first_attempt_at, last_attempt_at = v.last_attempt_at,
       next_attempt_at = v.next_attempt_at, last_status_code = v.last_status_code,
       last_response_ms = v.last_response_ms, last_error = v.last_error
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::int[], %s::int[], %s::bool[],
              %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::int[],
              %s::text[])
       AS v(event_id, status, reason, settled_at, attempts, rung, early_spent, failing_since, first_attempt_at,
            last_attempt_at, next_attempt_at, last_status_code, last_response_ms, last_error)
 WHERE d.event_id = v.event_id
"""


@dataclass(frozen=True)
class Judged:
    """An answer, where its event stands after it, and what becomes of it."""

    answer: Answer
    standing: Standing | None
    verdict: Verdict


def keep(judged: Sequence[Judged], connection: Connection, now: datetime) -> None:
    """Inside the transaction that renews the lease."""
    of_events = [
        (each.answer, each.answer.owed, each.standing, each.verdict)
        for each in judged
        if each.answer.owed is not None and each.standing is not None
    ]
    if not of_events:
        return
    attempts = [_attempt(answer, owed, standing.attempts) for answer, owed, standing, _ in of_events]
    rows = [_row(answer, owed, standing, verdict, now) for answer, owed, standing, verdict in of_events]
    with database.cursor() as cursor:
        cursor.execute(ATTEMPTS, [connection.pk, *_columns(attempts)])
        cursor.execute(SETTLE, _columns(rows))
    for answer, owed, _, verdict in of_events:
        if verdict is Verdict.DROP:
            gaps.record_drop(connection, owed.sequence, answer.started_at)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _attempt(answer: Answer, owed: Owed, number: int) -> tuple[object, ...]:
    outcome = answer.outcome
    return (
        owed.event_id,
        number,
        answer.started_at,
        outcome.response_ms,
        outcome.dns_ms,
        outcome.connect_ms,
        outcome.tls_ms,
        outcome.first_byte_ms,
        outcome.status_code,
        outcome.error or "",
        outcome.detail,
    )


def _row(answer: Answer, owed: Owed, standing: Standing, verdict: Verdict, now: datetime) -> tuple[object, ...]:
    status, reason = {
        Verdict.DELIVERED: (Status.DELIVERED, ""),
        Verdict.DROP: (Status.DROPPED, CloseReason.MAX_RETRIES_EXCEEDED),
    }.get(verdict, (Status.PENDING, ""))
    settled_at = None if status == Status.PENDING else now
    next_attempt_at = standing.next_attempt_at if status == Status.PENDING else None
    return (
        owed.event_id,
        str(status),
        str(reason),
        settled_at,
        standing.attempts,
        standing.rung,
        standing.early_spent,
        standing.failing_since,
        standing.first_attempt_at,
        standing.last_attempt_at,
        next_attempt_at,
        answer.outcome.status_code,
        answer.outcome.response_ms,
        answer.outcome.error or "",
    )
