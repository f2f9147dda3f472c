"""Recording chat events: numbered without a gap, in commit order, once for each `source_id`.

Recording takes two statements, since the second must see what was committed while the first waited for its lock. It is
a part of the statement by which whoever takes events in says what else they bring about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as database

from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.history.prepared import Prepared
from happ_webhooks.wire.envelope import event_body, new_event_id

# The row lock makes the order of numbers the order of commits: the next writer waits here until this one is done.
NUMBER = Prepared(
    "number_events",
    """
UPDATE history_workspace SET last_sequence = last_sequence + %(count)s WHERE id = %(workspace)s
RETURNING last_sequence, clock_timestamp()
""",
)
#: Inserts what `number_events` numbered, given `values_of` that, and returns the rows. One that another writer has
#: recorded is not among them: then the transaction must be rolled back, and the rest numbered anew.
RECORD = """
INSERT INTO history_chatevent
       (id, workspace_id, sequence, type, channel, chat_id, source_id, occurred_at, recorded_at, body)
SELECT id, %(workspace)s, sequence, type, channel, chat_id, source_id, occurred_at, %(now)s, body
  FROM unnest(%(ids)s::text[], %(sequences)s::bigint[], %(types)s::text[], %(channels)s::text[], %(chats)s::text[],
              %(sources)s::text[], %(times)s::timestamptz[], %(bodies)s::text[])
       AS v(id, sequence, type, channel, chat_id, source_id, occurred_at, body)
ON CONFLICT (workspace_id, source_id) DO NOTHING
RETURNING id, workspace_id, sequence, type, channel, chat_id, recorded_at
"""


@dataclass(frozen=True, kw_only=True)
class IncomingEvent:
    """A chat event as the platform hands it in, checked."""

    source_id: str
    type: str
    channel: str
    chat_id: str
    occurred_at: datetime
    data: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RecordedEvent:
    """A chat event with its place in the workspace's history."""

    id: str
    sequence: int
    event: IncomingEvent
    body: str = field(repr=False)


def lock_workspace(workspace_id: str) -> Workspace:
    """The first lock of every change to what a workspace receives. Raises Workspace.DoesNotExist."""
    return Workspace.objects.select_for_update().get(pk=workspace_id)


def recorded_before(workspace_id: str, source_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The ids and sequences of events that are recorded already, by `source_id`."""
    found = ChatEvent.objects.filter(workspace_id=workspace_id, source_id__in=source_ids)
    return {source: (id_, sequence) for source, id_, sequence in found.values_list("source_id", "id", "sequence")}


def number_events(workspace_id: str, events: Sequence[IncomingEvent]) -> tuple[list[RecordedEvent], datetime]:
    """Numbers events and makes their bodies, inside the caller's transaction; also says when.

    Raises Workspace.DoesNotExist for one that was removed meanwhile.
    """
    with database.cursor() as cursor:
        cursor.execute(NUMBER, {"count": len(events), "workspace": workspace_id})
        numbered: tuple[int, datetime] | None = cursor.fetchone()
    if numbered is None:
        raise Workspace.DoesNotExist
    last, now = numbered
    first = last - len(events) + 1
    return [_recorded(workspace_id, event, sequence) for sequence, event in enumerate(events, start=first)], now


def values_of(workspace_id: str, numbered: Sequence[RecordedEvent], now: datetime) -> dict[str, Any]:
    """What RECORD needs."""
    return {
        "workspace": workspace_id,
        "now": now,
        "ids": [each.id for each in numbered],
        "sequences": [each.sequence for each in numbered],
        "types": [each.event.type for each in numbered],
        "channels": [each.event.channel for each in numbered],
        "chats": [each.event.chat_id for each in numbered],
        "sources": [each.event.source_id for each in numbered],
        "times": [each.event.occurred_at for each in numbered],
        "bodies": [each.body for each in numbered],
    }


def _recorded(workspace_id: str, event: IncomingEvent, sequence: int) -> RecordedEvent:
    event_id = new_event_id()
    body = event_body(
        event_id=event_id,
        type=event.type,
        occurred_at=event.occurred_at,
        sequence=sequence,
        workspace_id=workspace_id,
        channel=event.channel,
        chat_id=event.chat_id,
        data=event.data,
    )
    return RecordedEvent(id=event_id, sequence=sequence, event=event, body=body)
