"""Hundreds of thousands of accepted events in a minute: the rows that intake would have written, by one statement."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection as database

from bench.stage import backlog
from bench.stage.events import AT, TYPE, chat_of
from bench.stage.shops import Shop
from happ_webhooks.wire.envelope import event_body
from happ_webhooks.wire.samples import sample_data

# The first `dead` events of a shop are of one chat; the others are dealt to the chats in turn.
EVENTS = """
INSERT INTO history_chatevent
       (id, workspace_id, sequence, type, channel, chat_id, source_id, occurred_at, recorded_at, body)
SELECT id, %(workspace)s, n, %(type)s, %(channel)s, chat, 'filled-' || n, %(at)s, now(),
       replace(replace(%(body)s, '@chat', chat), '@id', id)
  FROM (SELECT n, 'evt_' || lpad(%(connection)s || '0000000' || n, 26, '0') AS id,
               CASE WHEN n <= %(dead)s THEN 'chat_dead' ELSE 'chat_' || n %% %(chats)s END AS chat
          FROM generate_series(1, %(events)s) AS n) AS numbered
"""
OWED = """
INSERT INTO deliveries_delivery
       (event_id, workspace_id, connection_id, sequence, type, channel, chat_id, recorded_at,
        status, reason, attempts, rung, early_spent, last_error)
SELECT id, workspace_id, %(connection)s, sequence, type, channel, chat_id, recorded_at, 'pending', '', 0, 0, false, ''
  FROM history_chatevent WHERE workspace_id = %(workspace)s
"""
FAILING = """
UPDATE deliveries_delivery
   SET attempts = 1, rung = 1, failing_since = now(), first_attempt_at = now(), last_attempt_at = now(),
       next_attempt_at = now() + interval '1 hour', last_status_code = 503, last_response_ms = 1,
       last_error = 'HTTP_503'
 WHERE workspace_id = %(workspace)s AND sequence = 1
"""
NUMBERED = "UPDATE history_workspace SET last_sequence = %(events)s WHERE id = %(workspace)s"


def fill(shops: Sequence[Shop], events: int, chats: int, dead: int = 0) -> None:
    """`events` in all. `dead` of them are at the head of the first shop, in a chat whose first event failed."""
    backlog.hold(shops)
    for shop in shops:
        _fill(shop, events // len(shops), max(1, chats // len(shops)), dead)
        dead = 0
    backlog.learn()


def _fill(shop: Shop, events: int, chats: int, dead: int) -> None:
    channel, _ = chat_of(0)
    body = event_body(
        event_id="@id",
        type=TYPE,
        occurred_at=AT,
        sequence=1_000_000,
        workspace_id=shop.workspace_id,
        channel=channel,
        chat_id="@chat",
        data=sample_data(TYPE, channel, AT.isoformat()),
    )
    values: dict[str, str | int | datetime] = {"workspace": shop.workspace_id, "connection": shop.connection_id}
    values |= {"events": events, "chats": chats, "type": TYPE, "channel": channel, "at": AT, "body": body, "dead": dead}
    with database.cursor() as cursor:
        for statement in (EVENTS, OWED, *([FAILING] if dead else []), NUMBERED):
            cursor.execute(statement, values)
