"""Writing down what came back: the policy judges on the row as it is now, and one short transaction keeps all of it.

The fence is the lease token: if the row is not ours any more nothing is changed. An answer that came after the
connection closed is logged, and the delivery stays what it became.

If the database breaks off while it commits, nobody knows whether the recording counts. It is tried again, and the end
of the lease that it wrote tells: while the token is ours nobody else writes that, and never the same twice.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as database

from deliveries import connections, own_fault
from deliveries.courier.judging import GONE_STATUS, judge, late
from deliveries.courier.keeping import Judged, keep
from deliveries.courier.lease import held, lease_seconds
from deliveries.courier.logged import log_attempts
from deliveries.courier.metered import meter
from deliveries.courier.owed import Answer
from deliveries.metering.counted import DATABASE_ERRORS, LEASE_LOSSES
from deliveries.models import CloseReason, Connection
from deliveries.policy import CONNECTIVITY, Policy
from deliveries.standing import Health, Verdict
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.prepared import Prepared

log = logging.getLogger(__name__)

ASK_AGAIN = 0.2

OF_HEALTH = tuple(column.name for column in fields(Health))
OF_LAST_TRY = ("last_attempt_at", "last_status_code", "last_response_ms", "last_error", "last_success_at", "suspect")
RENEWED = sorted({"lease_until", "wake_at", *OF_LAST_TRY, *OF_HEALTH})
# Quoted: `window` is a word of SQL.
ASSIGNED = ", ".join(f'"{column}" = %({column})s' for column in RENEWED)
# Written out, since the ORM would take 0.2 ms to build it, for every recording.
RENEW = Prepared("renew", f"UPDATE deliveries_connection SET {ASSIGNED} WHERE id = %(id)s")  # noqa: S608 (as above)


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

    @property
    def stopped(self) -> bool:
        return any(each.verdict is Verdict.STOP for each in self.judged)


def record(lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int) -> Recorded | None:
    """Renews the lease and keeps what came back; None if the lease is not ours any more or the connection is closed."""
    return Recording(lease, answers, policy, window).write()


def record_patiently(lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int) -> Recorded | None:
    """`record`, asking a database that is away again for as long as the lease can still be ours."""
    recording = Recording(lease, answers, policy, window)
    give_up = time.monotonic() + lease_seconds()
    while True:
        try:
            recorded = recording.write()
            meter(answers, recorded.connection if recorded else None, recorded.judged if recorded else ())
            return recorded
        except (OperationalError, InterfaceError):
            DATABASE_ERRORS.labels("recording").inc()
            database.close()
            if time.monotonic() > give_up:
                raise
            time.sleep(ASK_AGAIN)


class Recording:
    """One recording, which may be written again after its COMMIT was cut off: it counts once."""

    def __init__(self, lease: tuple[int, str], answers: Sequence[Answer], policy: Policy, window: int) -> None:
        self._lease = lease
        self._answers = answers
        self._policy = policy
        self._window = window
        self._lease_until: datetime | None = None
        self._made: Recorded | None = None
        self._kept: tuple[Connection, Sequence[Judged]] | None = None

    def write(self) -> Recorded | None:
        """As `record`. What is committed is told to the log: nothing that might yet be undone, and nothing twice."""
        recorded = self._committed()
        if self._kept is not None:
            log_attempts(*self._kept, late=self._made is None)
        return recorded

    def _committed(self) -> Recorded | None:
        unreachable = any(answer.outcome.error in CONNECTIVITY for answer in self._answers)
        own = unreachable and own_fault.suspected()
        try:
            with transaction.atomic():
                return self._write(own=own, workspace_locked=False)
        except MayStop as stop:
            with transaction.atomic():
                lock_workspace(str(stop))
                return self._write(own=own, workspace_locked=True)

    def _write(self, *, own: bool, workspace_locked: bool) -> Recorded | None:
        monotonic = time.monotonic()
        found = held(*self._lease)
        if found is None:
            LEASE_LOSSES.inc()
            self._kept = None
            return None
        connection, read_at = found
        if self._lease_until is not None and connection.lease_until == self._lease_until:
            # Written before, by a transaction that was committed after all.
            return self._made
        self._lease_until = read_at + timedelta(seconds=lease_seconds())
        self._made = self._kept = None
        if connection.is_open:
            health, judged = judge(connection, self._answers, self._policy, self._window, own=own, now=read_at)
            self._made = Recorded(connection, health, read_at, monotonic, judged, connection.wake_at is not None)
            self._kept = connection, judged
            self._keep(self._made, workspace_locked=workspace_locked)
        elif self._answers:
            judged = [late(answer) for answer in self._answers]
            self._kept = connection, judged
            keep(judged, connection, read_at)
            _renew(connection, self._lease_until, {})
        return self._made

    def _keep(self, made: Recorded, *, workspace_locked: bool) -> None:
        connection, now = made.connection, made.read_at
        if made.stopped and not workspace_locked:
            raise MayStop(connection.workspace_id)
        keep(made.judged, connection, now)
        _renew(connection, self._lease_until, _columns(made))
        if made.stopped:
            _stop(connection, made.judged, now)


def _columns(made: Recorded) -> dict[str, Any]:
    """How the endpoint does, what the tile shows; and the wake is about to be served."""
    values: dict[str, Any] = {column: getattr(made.health, column) for column in OF_HEALTH}
    values["wake_at"] = None
    if made.judged:
        newest = max(made.judged, key=lambda each: each.answer.answered_at).answer
        values |= {
            "last_attempt_at": newest.started_at,
            "last_status_code": newest.outcome.status_code,
            "last_response_ms": newest.outcome.response_ms,
            "last_error": newest.outcome.error or "",
            "suspect": "",
        }
    if any(each.verdict is Verdict.DELIVERED and each.answer.owed for each in made.judged):
        values["last_success_at"] = made.read_at
    return values


def _renew(connection: Connection, lease_until: datetime | None, values: dict[str, Any]) -> None:
    """One update of the connection's row, also after it closed: the end of the lease says that this was written."""
    as_it_is = {column: getattr(connection, column) for column in RENEWED}
    with database.cursor() as cursor:
        cursor.execute(RENEW, {"id": connection.pk, **as_it_is, **values, "lease_until": lease_until})


def _stop(connection: Connection, judged: Sequence[Judged], now: datetime) -> None:
    last = next(each.answer for each in judged if each.verdict is Verdict.STOP)
    gone = last.owed is None and last.outcome.status_code == GONE_STATUS
    reason = CloseReason.GONE if gone else CloseReason.MAX_RETRIES_EXCEEDED
    workspace = lock_workspace(connection.workspace_id)
    connections.close(connection, workspace, reason, now)
    log.warning("stream stopped workspace=%s reason=%s", connection.workspace_id, reason)
