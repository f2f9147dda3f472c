"""Writing down what came back: the policy judges on the row as it is now, and one short transaction keeps all of it.

The fence is the lease token: if the row is not ours any more nothing is changed. An answer that came after the
connection closed is logged, and the delivery stays what it became.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as database
from django.db.models import DateTimeField, Func

from deliveries import connections, own_fault
from deliveries.courier.keeping import Judged, keep
from deliveries.courier.lease import lease_seconds
from deliveries.courier.owed import Answer
from deliveries.courier.past import with_past
from deliveries.models import CloseReason, Connection, Status
from deliveries.policy import CONNECTIVITY, Policy
from deliveries.standing import Health, Try, Verdict
from happ_webhooks.history.events import lock_workspace

log = logging.getLogger(__name__)

GONE_STATUS = 410
ASK_AGAIN = 0.2


class MayStop(Exception):
    """The stream is about to stop, which needs the workspace's lock before the connection's."""


@dataclass(frozen=True)
class Recorded:
    """What a recording found and made: the row as it is now, and the verdicts.

    `monotonic` is from before the row was read, so that no wait for the database makes the lease look younger.
    """

    connection: Connection
    health: Health
    read_at: datetime
    monotonic: float
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


def record_patiently(lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int) -> Recorded | None:
    """`record`, asking a database that is away again for as long as the lease can still be ours."""
    give_up = time.monotonic() + lease_seconds()
    while True:
        try:
            return record(lease, answers, policy, window)
        except (OperationalError, InterfaceError):
            database.close()
            if time.monotonic() > give_up:
                raise
            time.sleep(ASK_AGAIN)


def _record(
    lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int, *, own: bool, workspace_locked: bool
) -> Recorded | None:
    monotonic = time.monotonic()
    connection = _locked(lease)
    if connection is None:
        return None
    read_at: datetime = connection.read_at  # type: ignore[attr-defined]
    if not connection.is_open:
        keep([_late(answer) for answer in answers], connection, read_at)
        return None
    health = health_of(connection)
    health.window = window
    judged: list[Judged] = []
    for answer in answers:
        judged.append(_judge(answer, connection, health, policy, judged, own=own, now=read_at))
    stops = any(each.verdict is Verdict.STOP for each in judged)
    if stops and not workspace_locked:
        raise MayStop(connection.workspace_id)
    keep(judged, connection, read_at)
    marked = connection.wake_at is not None
    _renew(connection, health, judged, read_at)
    if stops:
        _stop(connection, judged, read_at)
    return Recorded(connection, health, read_at, monotonic, judged, marked, stops)


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
    answer: Answer,
    connection: Connection,
    health: Health,
    policy: Policy,
    earlier: Sequence[Judged],
    *,
    own: bool,
    now: datetime,
) -> Judged:
    own = own and answer.outcome.error in CONNECTIVITY
    a_try = Try(
        outcome=answer.outcome,
        started_at=answer.started_at,
        now=now,
        stale=connection.edited_at is not None and answer.settings_read_at < connection.edited_at,
        own_fault=own,
        counts=answer.counts,
    )
    if answer.owed is None:
        gone = answer.outcome.status_code == GONE_STATUS and _just_gone(connection)
        return Judged(answer, None, policy.judge_ping(health, a_try, gone=gone))
    standing = replace(answer.owed.standing)
    if not answer.outcome.accepted:
        a_try = with_past(a_try, answer.owed, connection, policy, earlier)
    return Judged(answer, standing, policy.judge(standing, health, a_try))


def _just_gone(connection: Connection) -> bool:
    """Whether an event that waits for its next try was answered 410 the last time."""
    failing = connection.delivery_set.filter(status=Status.PENDING, attempts__gt=0)
    return bool(failing.filter(last_error="HTTP_410").exists())


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
            "suspect": "",
        }
    if any(each.verdict is Verdict.DELIVERED and each.answer.owed for each in judged):
        values["last_success_at"] = now
    lease_until = now + timedelta(seconds=lease_seconds())
    Connection.objects.filter(pk=connection.pk).update(lease_until=lease_until, wake_at=None, **values)


def _stop(connection: Connection, judged: Sequence[Judged], now: datetime) -> None:
    last = next(each.answer for each in judged if each.verdict is Verdict.STOP)
    gone = last.owed is None and last.outcome.status_code == GONE_STATUS
    reason = CloseReason.GONE if gone else CloseReason.MAX_RETRIES_EXCEEDED
    workspace = lock_workspace(connection.workspace_id)
    connections.close(connection, workspace, reason, now)
    log.warning("stream stopped workspace=%s reason=%s", connection.workspace_id, reason)
