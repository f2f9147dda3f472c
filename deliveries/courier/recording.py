"""Writing down what came back: the policy judges on the row as it is now, and one short transaction keeps all of it.

The fence is the lease token: if the row is not ours any more nothing is changed. An answer that came after the
connection closed is logged, and the delivery stays what it became.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction
from django.db.models import DateTimeField, Func

from deliveries import connections, gaps, own_fault
from deliveries.courier.lease import lease_seconds
from deliveries.courier.owed import Answer, Owed
from deliveries.models import CloseReason, Connection, DeliveryAttempt, Status
from deliveries.policy import CONNECTIVITY, Health, Policy, Standing, Try, Verdict
from happ_webhooks.history.events import lock_workspace

log = logging.getLogger(__name__)

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

# The event before this one in its chat: what it waited behind.
HEAD = """
SELECT rung, failing_since, settled_at FROM deliveries_delivery
 WHERE workspace_id = %s AND channel = %s AND chat_id = %s AND sequence < %s AND connection_id = %s
 ORDER BY sequence DESC LIMIT 1
"""


class MayStop(Exception):
    """The stream is about to stop, which needs the workspace's lock before the connection's."""


@dataclass(frozen=True)
class Judged:
    """An answer, where its event stands after it, and what becomes of it."""

    answer: Answer
    standing: Standing | None
    verdict: Verdict


@dataclass(frozen=True)
class Recorded:
    """What a recording found and made: the row as it is now, and the verdicts."""

    connection: Connection
    health: Health
    read_at: datetime
    judged: Sequence[Judged]
    marked: bool  # intake came by since the last look
    stopped: bool = False


def health_of(connection: Connection) -> Health:
    return Health(**{column.name: getattr(connection, column.name) for column in fields(Health)})


def record(lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int) -> Recorded | None:
    """Renews the lease and keeps what came back; None if the lease is not ours any more or the connection is closed."""
    ours = any(answer.outcome.error in CONNECTIVITY for answer in answers) and own_fault.suspected()
    try:
        with transaction.atomic():
            return _record(lease, answers, policy, window, own=ours, workspace_locked=False)
    except MayStop as stop:
        with transaction.atomic():
            lock_workspace(str(stop))
            return _record(lease, answers, policy, window, own=ours, workspace_locked=True)


def _record(
    lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int, *, own: bool, workspace_locked: bool
) -> Recorded | None:
    connection = _locked(lease)
    if connection is None:
        return None
    read_at: datetime = connection.read_at  # type: ignore[attr-defined]
    if not connection.is_open:
        _keep([_late(answer) for answer in answers], connection, read_at)
        return None
    health = health_of(connection)
    health.window = window
    judged = [_judge(answer, connection, health, policy, own=own, now=read_at) for answer in answers]
    stops = any(each.verdict is Verdict.STOP for each in judged)
    if stops and not workspace_locked:
        raise MayStop(connection.workspace_id)
    _keep(judged, connection, read_at)
    marked = connection.wake_at is not None
    _renew(connection, health, judged, read_at)
    if stops:
        _stop(connection, judged, read_at)
    return Recorded(connection, health, read_at, judged, marked, stops)


def _locked(lease: tuple[int, str]) -> Connection | None:
    rows = Connection.objects.select_for_update().filter(pk=lease[0], lease_token=lease[1])
    return rows.annotate(read_at=Func(function="clock_timestamp", output_field=DateTimeField())).first()


def _late(answer: Answer) -> Judged:
    """An answer that came after the connection closed: logged, moving nothing."""
    if answer.owed is None:
        return Judged(answer, None, Verdict.RETRY)
    standing = answer.owed.standing
    first = standing.first_attempt_at or answer.started_at
    moved = replace(standing, attempts=standing.attempts + 1, first_attempt_at=first, last_attempt_at=answer.started_at)
    return Judged(answer, moved, Verdict.RETRY)


def _judge(
    answer: Answer, connection: Connection, health: Health, policy: Policy, *, own: bool, now: datetime
) -> Judged:
    own = own and answer.outcome.error in CONNECTIVITY
    a_try = Try(
        outcome=answer.outcome,
        started_at=answer.started_at,
        now=now,
        edited_at=connection.edited_at,
        own_fault=own,
        counts=answer.counts,
    )
    if answer.owed is None:
        return Judged(answer, None, policy.judge_ping(health, a_try, gone=_just_gone(connection)))
    standing = replace(answer.owed.standing)
    if not answer.outcome.accepted:
        a_try = _with_past(a_try, answer.owed, connection, policy)
    return Judged(answer, standing, policy.judge(standing, health, a_try))


def _just_gone(connection: Connection) -> bool:
    """Whether an event that waits for its next try was answered 410 the last time."""
    failing = connection.delivery_set.filter(status=Status.PENDING, attempts__gt=0)
    return bool(failing.filter(last_error="HTTP_410").exists())


def _with_past(a_try: Try, owed: Owed, connection: Connection, policy: Policy) -> Try:
    """Looks up what only a failure needs: what the event waited behind, and when its second try was."""
    standing = owed.standing
    if standing.attempts == 0:
        return _with_head(a_try, owed, connection, policy)
    if standing.rung + 1 < policy.ladder.tries:
        return a_try
    second = DeliveryAttempt.objects.filter(delivery_id=owed.event_id, number=2).values_list("started_at", flat=True)
    return replace(a_try, second_attempt_at=second.first())


def _with_head(a_try: Try, owed: Owed, connection: Connection, policy: Policy) -> Try:
    channel, _, chat_id = owed.chat.partition(":")
    with database.cursor() as cursor:
        cursor.execute(HEAD, [connection.workspace_id, channel, chat_id, owed.sequence, connection.pk])
        rung, failing_since, settled_at = cursor.fetchone() or (0, None, None)
    if not failing_since or not settled_at:
        return a_try
    waited_since = max(failing_since, owed.standing.recorded_at)
    inherited = policy.inherited_rung(waited_since, settled_at, rung)
    return replace(a_try, inherited=inherited, inherited_since=failing_since if inherited else None)


def _keep(judged: Sequence[Judged], connection: Connection, now: datetime) -> None:
    of_events = [(each.answer, each.standing, each.verdict) for each in judged if each.answer.owed and each.standing]
    if not of_events:
        return
    DeliveryAttempt.objects.bulk_create(
        [_attempt(answer, standing.attempts, connection) for answer, standing, _ in of_events]
    )
    rows = [_row(answer, standing, verdict, now) for answer, standing, verdict in of_events]
    with database.cursor() as cursor:
        cursor.execute(SETTLE, [list(column) for column in zip(*rows, strict=True)])
    for answer, _, verdict in of_events:
        if verdict is Verdict.DROP and answer.owed:
            gaps.record_drop(connection, answer.owed.sequence, now)


def _row(answer: Answer, standing: Standing, verdict: Verdict, now: datetime) -> tuple[object, ...]:
    status, reason = {
        Verdict.DELIVERED: (Status.DELIVERED, ""),
        Verdict.DROP: (Status.DROPPED, CloseReason.MAX_RETRIES_EXCEEDED),
    }.get(verdict, (Status.PENDING, ""))
    settled_at = None if status == Status.PENDING else now
    next_attempt_at = standing.next_attempt_at if status == Status.PENDING else None
    return (
        answer.owed.event_id if answer.owed else "",
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


def _attempt(answer: Answer, number: int, connection: Connection) -> DeliveryAttempt:
    outcome = answer.outcome
    log.info(
        "attempt event=%s workspace=%s number=%s outcome=%s ms=%s",
        answer.owed.event_id if answer.owed else "ping",
        connection.workspace_id,
        number,
        outcome.error or outcome.status_code,
        outcome.response_ms,
    )
    return DeliveryAttempt(
        delivery_id=answer.owed.event_id if answer.owed else "",
        connection=connection,
        number=number,
        started_at=answer.started_at,
        response_ms=outcome.response_ms,
        dns_ms=outcome.dns_ms,
        connect_ms=outcome.connect_ms,
        tls_ms=outcome.tls_ms,
        first_byte_ms=outcome.first_byte_ms,
        status_code=outcome.status_code,
        error=outcome.error or "",
        detail=outcome.detail,
    )


def _renew(connection: Connection, health: Health, judged: Sequence[Judged], now: datetime) -> None:
    """One update: the lease, how the endpoint does, what the tile shows; and the wake is about to be served."""
    values: dict[str, object] = {column.name: getattr(health, column.name) for column in fields(Health)}
    if judged:
        newest = max(judged, key=lambda each: each.answer.answered_at).answer
        values |= {
            "last_attempt_at": newest.started_at,
            "last_status_code": newest.outcome.status_code,
            "last_response_ms": newest.outcome.response_ms,
            "last_error": newest.outcome.error or "",
            "crashes": 0,
            "suspect": "",
        }
    if any(each.verdict is Verdict.DELIVERED and each.answer.owed for each in judged):
        values["last_success_at"] = now
    lease_until = now + timedelta(seconds=lease_seconds())
    Connection.objects.filter(pk=connection.pk).update(lease_until=lease_until, wake_at=None, **values)


def _stop(connection: Connection, judged: Sequence[Judged], now: datetime) -> None:
    gone = any(each.verdict is Verdict.STOP and each.answer.outcome.status_code == 410 for each in judged)
    pinged_gone = gone and any(each.verdict is Verdict.STOP and each.answer.owed is None for each in judged)
    reason = CloseReason.GONE if pinged_gone else CloseReason.MAX_RETRIES_EXCEEDED
    workspace = lock_workspace(connection.workspace_id)
    connections.close(connection, workspace, reason, now)
    log.warning("stream stopped workspace=%s reason=%s", connection.workspace_id, reason)
