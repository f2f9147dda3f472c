"""Taking events in: one transaction numbers and records them, and owes them to the open connection.

Four statements a request, however many events it brings: number, events, wake mark, deliveries.
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
from happ_webhooks.history.events import AlreadyRecorded, IncomingEvent, RecordedEvent, record_events, recorded_before
from happ_webhooks.wire.trace import Caller, trace_of

log = logging.getLogger(__name__)

OWE = """
INSERT INTO deliveries_delivery
       (event_id, workspace_id, connection_id, sequence, type, channel, chat_id, recorded_at,
        status, reason, attempts, rung, early_spent, last_error)
SELECT id, %s, %s, sequence, type, channel, chat_id, %s, 'pending', '', 0, 0, false, ''
  FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[]) AS v(id, sequence, type, channel, chat_id)
"""


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
        recorded, now = record_events(workspace_id, events)
        mark = wakes.mark(workspace_id=workspace_id)
        if mark is not None:
            _owe(workspace_id, mark.connection_id, recorded, now)
            mark.send_after_commit()
    state = "queued" if mark is not None else "recorded"
    return {each.event.source_id: Accepted(id=each.id, sequence=each.sequence, state=state) for each in recorded}


def _owe(workspace_id: str, connection_id: int, recorded: Sequence[RecordedEvent], now: datetime) -> None:
    rows = [(each.id, each.sequence, each.event.type, each.event.channel, each.event.chat_id) for each in recorded]
    with database.cursor() as cursor:
        columns = (list(column) for column in zip(*rows, strict=True))
        cursor.execute(OWE, [workspace_id, connection_id, now, *columns])


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
