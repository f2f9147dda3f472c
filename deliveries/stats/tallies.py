"""Writing down what happened in the hours that are over, so that figures of a week count some hundred rows.

Answer times are rounded to a hundred steps, at most 5 % off (214 ms becomes 220 ms). The hour before the last written
one is counted again, for what was recorded late. The hours since are counted from the log itself by whoever asks.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Max

from deliveries.models import Tally

HOUR = timedelta(hours=1)
#: The longest window that anybody asks for, and the bucket it may begin in.
REACH = timedelta(days=7, hours=7)
#: No try that began before is still unrecorded.
LATE = timedelta(minutes=2)
LOCK = 0x48415050  # "HAPP": one writer at a time, the others leave it to that one.

#: The answer time of an attempt, so that a day of them are a hundred values.
ROUNDED = """
SELECT (response_ms + step / 2) / step * step FROM (
    SELECT CASE WHEN response_ms < 20 THEN 1 WHEN response_ms < 50 THEN 2 WHEN response_ms < 100 THEN 5
                WHEN response_ms < 200 THEN 10 WHEN response_ms < 500 THEN 20 WHEN response_ms < 1000 THEN 50
                WHEN response_ms < 2000 THEN 100 ELSE 200 END) AS steps(step)
"""

WRITE = """
INSERT INTO deliveries_tally (workspace_id, start, dropped, code, count, times, counts, first_at, last_at)
SELECT workspace_id, start, false, code, sum(n), array_agg(ms ORDER BY ms), array_agg(n ORDER BY ms),
       min(first_at), max(last_at)
  FROM (SELECT c.workspace_id, date_trunc('hour', a.started_at, 'UTC') AS start, a.error AS code,
               rounded.ms,
               count(*)::int AS n, min(a.started_at) AS first_at, max(a.started_at) AS last_at
          FROM deliveries_deliveryattempt a JOIN deliveries_connection c ON c.id = a.connection_id,
       LATERAL ({rounded}) AS rounded(ms)
         WHERE a.started_at >= %(since)s AND a.started_at < %(until)s
         GROUP BY 1, 2, 3, 4) AS tries
 GROUP BY 1, 2, 4
UNION ALL
SELECT workspace_id, date_trunc('hour', settled_at, 'UTC'), true, reason, count(*), '{}', '{}',
       min(settled_at), max(settled_at)
  FROM deliveries_delivery
 WHERE status = 'dropped'
   AND settled_at >= %(since)s AND settled_at < %(until)s
 GROUP BY 1, 2, 4
ON CONFLICT (workspace_id, start, dropped, code) DO UPDATE
   SET count = excluded.count, times = excluded.times, counts = excluded.counts,
       first_at = excluded.first_at, last_at = excluded.last_at
""".replace("{rounded}", ROUNDED)


def written_until() -> datetime | None:
    """The end of the last hour that is written down; what came later is counted from the log."""
    last = Tally.objects.aggregate(last=Max("start"))["last"]
    return last + HOUR if last else None


def tally(now: datetime) -> None:
    """Writes down the hours that are over, and forgets those past HAPP_LOG_DAYS."""
    until = (now - LATE).replace(minute=0, second=0, microsecond=0)
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not (cursor.fetchone() or (False,))[0]:
            return
        written = written_until()
        since = max(written - 2 * HOUR, now - REACH) if written else now - REACH
        since = since.replace(minute=0, second=0, microsecond=0)
        cursor.execute(WRITE, {"since": since, "until": until})
    Tally.objects.filter(start__lt=now - timedelta(days=settings.HAPP_LOG_DAYS)).delete()
