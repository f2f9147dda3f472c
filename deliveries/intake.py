"""Taking events in: one transaction numbers and records them, and owes them to the open connection.

Two statements a request, however many events it brings: the numbers, and then events, wake mark and deliveries at once.
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from deliveries import wakes
from deliveries.metering.counted import ACCEPTED
from happ_webhooks.history.events import (
    RECORD,
    IncomingEvent,
    RecordedEvent,
    number_events,
    recorded_before,
    values_of,
)
from happ_webhooks.history.prepared import Prepared
from happ_webhooks.wire.trace import Caller, trace_of

log = logging.getLogger(__name__)

TAKE_IN = Prepared(
    "take_in",
    f"""
WITH recorded AS ({RECORD}), marked AS ({wakes.MARK_OPEN}), owed AS (
    INSERT INTO deliveries_delivery
           (event_id, workspace_id, connection_id, sequence, type, channel, chat_id, recorded_at,
            status, reason, attempts, rung, early_spent, last_error)
    SELECT recorded.id, workspace_id, marked.id, sequence, type, channel, chat_id, recorded_at,
           'pending', '', 0, 0, false, ''
      FROM recorded CROSS JOIN marked)
SELECT (SELECT count(*) FROM recorded), marked.* FROM (SELECT) AS always LEFT JOIN marked ON true
""",  # noqa: S608 (constants of ours)
)


class AlreadyRecorded(Exception):
    """Another writer has recorded one of these events: the transaction is rolled back and the rest tried anew."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What became of an incoming event: `queued`, `recorded` (nobody is connected), `duplicate` of an earlier one."""

    id: str
    sequence: int
    state: str


def take_in(workspace_id: str, events: Sequence[IncomingEvent], caller: Caller | None = None) -> list[Accepted]:
    """Records events and owes them to the workspace's open connection; the whole of them or nothing.

    `caller`: the trace that the request belongs to, for the log.
    """
    began, began_at = time.perf_counter(), timezone.now()
    first_of: dict[str, IncomingEvent] = {}
    for event in events:
        first_of.setdefault(event.source_id, event)
    known: dict[str, tuple[str, int]] = {}
    while True:
        fresh = [event for source, event in first_of.items() if source not in known]
        try:
            accepted = _take_in(workspace_id, fresh) if fresh else {}
            break
        except AlreadyRecorded:
            known = recorded_before(workspace_id, list(first_of))
    answers = _answers(events, accepted, known)
    _count(answers)
    _log(workspace_id, answers, caller, began_at, time.perf_counter() - began)
    return answers


def _take_in(workspace_id: str, events: Sequence[IncomingEvent]) -> dict[str, Accepted]:
    with transaction.atomic():
        numbered, now = number_events(workspace_id, events)
        mark = _record(workspace_id, numbered, now)
        if mark is not None:
            mark.send_after_commit()
    state = "queued" if mark is not None else "recorded"
    return {each.event.source_id: Accepted(id=each.id, sequence=each.sequence, state=state) for each in numbered}


def _record(workspace_id: str, numbered: Sequence[RecordedEvent], now: datetime) -> wakes.Mark | None:
    """Records what was numbered and owes it to the open connection; None if there is none. Raises AlreadyRecorded."""
    with database.cursor() as cursor:
        cursor.execute(TAKE_IN, values_of(workspace_id, numbered, now))
        recorded, *marked = cursor.fetchone() or (0, None)
    if recorded != len(numbered):
        raise AlreadyRecorded
    return wakes.Mark(*marked) if marked[0] is not None else None


def _count(answers: Sequence[Accepted]) -> None:
    # A folder that cannot be written to must not refuse what has been recorded.
    with suppress(OSError):
        for state, count in Counter(each.state for each in answers).items():
            ACCEPTED.labels(state).inc(count)


def _log(
    workspace_id: str, answers: Sequence[Accepted], caller: Caller | None, began_at: datetime, seconds: float
) -> None:
    """One line a request, which leads from whose call it was to the trace of each event."""
    if not answers or not log.isEnabledFor(logging.INFO):
        return
    ids = [each.id for each in answers]
    fields = {
        "workspace": workspace_id,
        **({"event": ids[0], "trace": trace_of(ids[0])} if len(ids) == 1 else {"events": ids}),
        **({"caller_trace": caller.trace, "caller": caller} if caller else {}),
        "first_sequence": min(each.sequence for each in answers),
        "last_sequence": max(each.sequence for each in answers),
        **Counter(each.state for each in answers),
        "ms": round(seconds * 1000),
        # Not written, but told to who makes spans of these.
        "started_at": began_at,
        "fresh": [each.id for each in answers if each.state != "duplicate"],
    }
    log.info("ingest", extra=fields)


def _answers(
    events: Sequence[IncomingEvent], accepted: dict[str, Accepted], known: dict[str, tuple[str, int]]
) -> list[Accepted]:
    answers, seen = [], set()
    for event in events:
        fresh = accepted.get(event.source_id)
        if fresh is not None and event.source_id not in seen:
            answers.append(fresh)
        else:
            id_, sequence = (fresh.id, fresh.sequence) if fresh is not None else known[event.source_id]
            answers.append(Accepted(id=id_, sequence=sequence, state="duplicate"))
        seen.add(event.source_id)
    return answers
