"""Recording chat events: numbered without a gap, in commit order, once for each `source_id`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection as database

from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.envelope import event_body, new_event_id

# The row lock makes the order of numbers the order of commits: the next writer waits here until this one is done.
NUMBER = """
UPDATE history_workspace SET last_sequence = last_sequence + %s WHERE id = %s
RETURNING last_sequence, clock_timestamp()
"""
INSERT = """
INSERT INTO history_chatevent
       (id, workspace_id, sequence, type, channel, chat_id, source_id, occurred_at, recorded_at, body)
SELECT id, %s, sequence, type, channel, chat_id, source_id, occurred_at, %s, body
  FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
       AS v(id, sequence, type, channel, chat_id, source_id, occurred_at, body)
ON CONFLICT (workspace_id, source_id) DO NOTHING
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


class AlreadyRecorded(Exception):
    """Another writer has recorded one of these events; the transaction must be rolled back and the rest tried anew."""


def lock_workspace(workspace_id: str) -> Workspace:
    """The first lock of every change to what a workspace receives. Raises Workspace.DoesNotExist."""
    return Workspace.objects.select_for_update().get(pk=workspace_id)


def recorded_before(workspace_id: str, source_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The ids and sequences of events that are recorded already, by `source_id`."""
    found = ChatEvent.objects.filter(workspace_id=workspace_id, source_id__in=source_ids)
    return {source: (id_, sequence) for source, id_, sequence in found.values_list("source_id", "id", "sequence")}


def record_events(workspace_id: str, events: Sequence[IncomingEvent]) -> tuple[list[RecordedEvent], datetime]:
    """Numbers and inserts events, inside the caller's transaction; also says when.

    Raises AlreadyRecorded, and Workspace.DoesNotExist for one that was removed meanwhile.
    """
    with database.cursor() as cursor:
        cursor.execute(NUMBER, [len(events), workspace_id])
        numbered: tuple[int, datetime] | None = cursor.fetchone()
        if numbered is None:
            raise Workspace.DoesNotExist
        last, now = numbered
        recorded = [
            _recorded(workspace_id, event, sequence)
            for sequence, event in enumerate(events, start=last - len(events) + 1)
        ]
        rows = [
            (
                each.id,
                each.sequence,
                each.event.type,
                each.event.channel,
                each.event.chat_id,
                each.event.source_id,
                each.event.occurred_at,
                each.body,
            )
            for each in recorded
        ]
        cursor.execute(INSERT, [workspace_id, now, *(list(column) for column in zip(*rows, strict=True))])
        if cursor.rowcount != len(events):
            raise AlreadyRecorded
    return recorded, now


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
