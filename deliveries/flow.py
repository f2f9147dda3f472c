"""How much came in and went out in each of the last minutes, of the whole platform, at a cost that is bounded.

What came in is counted by the times within the events' ids, in the order of their primary key: an index of the times
that are recorded has none of the newest rows yet. What went out are tries that were answered 2xx.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database

from happ_webhooks.wire.envelope import event_id_from

MINUTES = 5
#: How far a minute is counted: each thousand costs 1 ms.
COUNTED = 10_000

MINUTE_BY_MINUTE = """
SELECT (SELECT count(*) FROM (
          SELECT FROM history_chatevent WHERE id >= minute.first AND id < minute.next LIMIT %(counted)s + 1) AS made),
       (SELECT count(*) FROM (
          SELECT FROM deliveries_deliveryattempt
           WHERE started_at >= minute.start AND started_at < minute.start + interval '1 minute' AND error = ''
           LIMIT %(counted)s + 1) AS accepted)
  FROM unnest(%(starts)s::timestamptz[], %(ids)s::text[], %(nexts)s::text[]) AS minute(start, first, next)
 ORDER BY minute.start DESC
"""


@dataclass(frozen=True)
class Minute:
    """Events accepted and events delivered in it; from COUNTED on there were more."""

    accepted: int
    delivered: int


def last_minutes(now: datetime) -> list[Minute]:
    """The last five until `now`, the newest first. One statement."""
    starts = [now - timedelta(minutes=ago) for ago in range(1, MINUTES + 1)]
    ids = [event_id_from(start) for start in (now, *starts)]
    values: dict[str, Any] = {"starts": starts, "ids": ids[1:], "nexts": ids[:-1], "counted": COUNTED}
    with database.cursor() as cursor:
        cursor.execute(MINUTE_BY_MINUTE, values)
        return [Minute(min(made, COUNTED), min(delivered, COUNTED)) for made, delivered in cursor.fetchall()]
