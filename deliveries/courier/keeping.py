"""Keeping what was judged: the attempts, and where each event stands now; two statements however many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from deliveries import gaps
from deliveries.courier.owed import Answer, Owed
from deliveries.models import CloseReason, Connection, Status
from deliveries.standing import Standing, Verdict
from happ_webhooks.history.prepared import Prepared

# One INSERT over columns: a row costs a quarter of the time that an object of the ORM does.
ATTEMPTS = Prepared(
    "keep_attempts",
    """
INSERT INTO deliveries_deliveryattempt
       (connection_id, event_id, number, started_at, response_ms, dns_ms, connect_ms, tls_ms, first_byte_ms,
        status_code, error, detail)
SELECT %(connection)s, v.*
  FROM unnest(%(event_id)s::text[], %(number)s::int[], %(started_at)s::timestamptz[], %(response_ms)s::int[],
              %(dns_ms)s::int[], %(connect_ms)s::int[], %(tls_ms)s::int[], %(first_byte_ms)s::int[],
              %(status_code)s::smallint[], %(error)s::text[], %(detail)s::text[]) AS v
""",
)

SETTLE = Prepared(
    "settle",
    """
UPDATE deliveries_delivery d
   SET status = CASE WHEN d.status = 'pending' THEN v.status ELSE d.status END,
       reason = CASE WHEN d.status = 'pending' THEN v.reason ELSE d.reason END,
       settled_at = CASE WHEN d.status = 'pending' THEN v.settled_at ELSE d.settled_at END,
       attempts = v.attempts, rung = v.rung, early_spent = v.early_spent, failing_since = v.failing_since,
       first_attempt_at = v.first_attempt_at, last_attempt_at = v.last_attempt_at,
       next_attempt_at = v.next_attempt_at, last_status_code = v.last_status_code,
       last_response_ms = v.last_response_ms, last_error = v.last_error
  FROM unnest(%(event_id)s::text[], %(status)s::text[], %(reason)s::text[], %(settled_at)s::timestamptz[],
              %(attempts)s::int[], %(rung)s::int[], %(early_spent)s::bool[], %(failing_since)s::timestamptz[],
              %(first_attempt_at)s::timestamptz[], %(last_attempt_at)s::timestamptz[],
              %(next_attempt_at)s::timestamptz[], %(last_status_code)s::int[], %(last_response_ms)s::int[],
              %(last_error)s::text[])
       AS v(event_id, status, reason, settled_at, attempts, rung, early_spent, failing_since, first_attempt_at,
            last_attempt_at, next_attempt_at, last_status_code, last_response_ms, last_error)
 WHERE d.event_id = v.event_id
""",
)

Row = dict[str, object]


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
        cursor.execute(ATTEMPTS, {"connection": connection.pk, **_columns(attempts)})
        cursor.execute(SETTLE, _columns(rows))
    for answer, owed, _, verdict in of_events:
        if verdict is Verdict.DROP:
            gaps.record_drop(connection, owed.sequence, answer.started_at)


def _columns(rows: Sequence[Row]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _attempt(answer: Answer, owed: Owed, number: int) -> Row:
    outcome = answer.outcome
    return {
        "event_id": owed.event_id,
        "number": number,
        "started_at": answer.started_at,
        "response_ms": outcome.response_ms,
        "dns_ms": outcome.dns_ms,
        "connect_ms": outcome.connect_ms,
        "tls_ms": outcome.tls_ms,
        "first_byte_ms": outcome.first_byte_ms,
        "status_code": outcome.status_code,
        "error": outcome.error or "",
        "detail": outcome.detail,
    }


def _row(answer: Answer, owed: Owed, standing: Standing, verdict: Verdict, now: datetime) -> Row:
    status, reason = {
        Verdict.DELIVERED: (Status.DELIVERED, ""),
        Verdict.DROP: (Status.DROPPED, CloseReason.MAX_RETRIES_EXCEEDED),
    }.get(verdict, (Status.PENDING, ""))
    return {
        "event_id": owed.event_id,
        "status": str(status),
        "reason": str(reason),
        "settled_at": None if status == Status.PENDING else now,
        "attempts": standing.attempts,
        "rung": standing.rung,
        "early_spent": standing.early_spent,
        "failing_since": standing.failing_since,
        "first_attempt_at": standing.first_attempt_at,
        "last_attempt_at": standing.last_attempt_at,
        "next_attempt_at": standing.next_attempt_at if status == Status.PENDING else None,
        "last_status_code": answer.outcome.status_code,
        "last_response_ms": answer.outcome.response_ms,
        "last_error": answer.outcome.error or "",
    }
