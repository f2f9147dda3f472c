"""Judging what came back by the connection's row as it is under its lock."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from deliveries.courier.keeping import Judged
from deliveries.courier.owed import Answer
from deliveries.courier.past import with_past
from deliveries.models import Connection, Status
from deliveries.policy import CONNECTIVITY, Policy
from deliveries.standing import Health, Try, Verdict

GONE_STATUS = 410


def health_of(connection: Connection) -> Health:
    return Health(**{column.name: getattr(connection, column.name) for column in fields(Health)})


def judge(
    connection: Connection, answers: Sequence[Answer], policy: Policy, window: int, *, own: bool, now: datetime
) -> tuple[Health, list[Judged]]:
    """How the endpoint does after these answers, and the verdicts. `own`: HAPP's own network is the likelier cause."""
    health = health_of(connection)
    health.window = window
    judged: list[Judged] = []
    for answer in answers:
        judged.append(_judge_one(answer, connection, health, policy, judged, own=own, now=now))
    return health, judged


def late(answer: Answer) -> Judged:
    """An answer that came after the connection closed: logged, moving nothing."""
    if answer.owed is None:
        return Judged(answer, None, Verdict.RETRY)
    standing = answer.owed.standing
    first = standing.first_attempt_at or answer.started_at
    moved = replace(standing, attempts=standing.attempts + 1, first_attempt_at=first, last_attempt_at=answer.started_at)
    return Judged(answer, moved, Verdict.RETRY)


def _judge_one(
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
