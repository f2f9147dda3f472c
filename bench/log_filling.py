"""A log of any size: `python -m bench.log_filling ATTEMPTS` fills the empty database that DATABASE_URL names.

Four deliveries for five attempts, over 30 days, most of them of one shop; one in a hundred waits or was given up.
"""

import os
import sys
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - models need the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connection as database  # noqa: E402
from django.utils import timezone  # noqa: E402

from deliveries.models import Connection  # noqa: E402
from deliveries.stats import tally  # noqa: E402
from happ_webhooks.history.models import Membership, Workspace  # noqa: E402

SHOP, USER = "ws_bench", "bench"

DELIVERIES = """
INSERT INTO deliveries_delivery
       (event_id, workspace_id, connection_id, sequence, type, channel, chat_id, recorded_at, status, reason,
        settled_at, attempts, rung, early_spent, first_attempt_at, last_attempt_at, next_attempt_at, last_status_code,
        last_response_ms, last_error)
SELECT 'evt_' || lpad(n::text, 26, '0'), CASE WHEN n %% 10 = 9 THEN 'ws_' || n %% 500 ELSE %(shop)s END,
       CASE WHEN n %% 10 = 9 THEN 2 ELSE 1 END, n,
       CASE WHEN n %% 1009 = 0 THEN 'order.created' WHEN n %% 3 = 0 THEN 'message.sent' ELSE 'message.received' END,
       CASE WHEN n IN (10, 20, 30) THEN 'facebook' WHEN n %% 97 = 0 THEN 'whatsapp' WHEN n %% 7 = 0 THEN 'instagram'
            WHEN n %% 5 = 0 THEN 'viber' ELSE 'telegram' END,
       'chat_' || (n::bigint * 7919) %% 20011, t,
       CASE WHEN n > %(deliveries)s * 0.99 THEN 'pending' WHEN n %% 101 = 0 THEN 'dropped'
            WHEN n BETWEEN %(deliveries)s * 0.5 AND %(deliveries)s * 0.51 THEN 'cancelled' ELSE 'delivered' END,
       CASE WHEN n > %(deliveries)s * 0.99 THEN '' WHEN n %% 101 = 0 THEN 'MAX_RETRIES_EXCEEDED'
            WHEN n BETWEEN %(deliveries)s * 0.5 AND %(deliveries)s * 0.51 THEN 'DISCONNECTED' ELSE '' END,
       CASE WHEN n > %(deliveries)s * 0.99 THEN NULL ELSE t + interval '1 s' END, 1, 1, false, t, t, t + interval '1 h',
       CASE WHEN n %% 101 = 0 THEN 500 ELSE 200 END, n %% 400,
       CASE WHEN n > %(deliveries)s * 0.99 THEN 'TIMEOUT' WHEN n %% 101 = 0 THEN 'HTTP_500' ELSE '' END
  FROM (SELECT n, %(now)s::timestamptz - (%(deliveries)s - n) * interval '30 days' / %(deliveries)s AS t
          FROM generate_series(1, %(deliveries)s) AS n) AS numbered
"""
ATTEMPTS = """
INSERT INTO deliveries_deliveryattempt
       (event_id, connection_id, number, started_at, response_ms, dns_ms, connect_ms, tls_ms, first_byte_ms,
        status_code, error, detail)
SELECT event_id, connection_id, number, recorded_at + number * interval '0.2 s', (sequence * 31) % 700, 1, 2, 3, 9,
       CASE WHEN number = 1 THEN 200 ELSE 500 END,
       CASE WHEN number = 1 THEN '' WHEN sequence % 8 = 0 THEN 'HTTP_500' ELSE 'TIMEOUT' END, ''
  FROM deliveries_delivery, generate_series(1, CASE WHEN sequence % 4 = 0 THEN 2 ELSE 1 END) AS number
 ORDER BY sequence
"""
PARTITION = """
CREATE TABLE IF NOT EXISTS deliveries_deliveryattempt_{day:%Y%m%d} PARTITION OF deliveries_deliveryattempt
   FOR VALUES FROM ('{day:%Y-%m-%d} 00:00+00') TO ('{end:%Y-%m-%d} 00:00+00')
"""
# Filled without them and built afterwards, which takes a tenth of the time.
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE tablename = 'deliveries_delivery' AND indexname LIKE 'delivery%' AND indexname <> 'delivery_sequence'
"""


def main(attempts: int) -> None:
    call_command("migrate", verbosity=0)
    _people()
    now = timezone.now()
    values: dict[str, Any] = {"deliveries": attempts * 4 // 5, "now": now, "shop": SHOP}
    with database.cursor() as cursor:
        for ago in range(31, -2, -1):
            day = now - timedelta(days=ago)
            cursor.execute(PARTITION.format(day=day, end=day + timedelta(days=1)))
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute(DELIVERIES, values)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute(ATTEMPTS)
        cursor.execute("VACUUM ANALYZE deliveries_delivery")
        cursor.execute("VACUUM ANALYZE deliveries_deliveryattempt")
    tally(now)


def _people() -> None:
    now = timezone.now()
    for number, workspace_id in enumerate([SHOP, "ws_9"], 1):
        workspace = Workspace.objects.create(pk=workspace_id, name="Bench", last_sequence=10_000_000)
        settings = {"url": "https://example.com/", "opened_at": now, "opened_sequence": 0}
        Connection.objects.create(pk=number, workspace=workspace, number=1, **settings)
    user = User.objects.create_user(USER)
    Membership.objects.create(workspace_id=SHOP, user=user, role=Membership.Role.ADMIN)


if __name__ == "__main__":
    main(int(sys.argv[1]))
