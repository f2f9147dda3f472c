"""How long the log's pages take with 5,000 and with 5,000,000 attempts.

    python -m config.demo.servers -- python -m bench.log_pages [ATTEMPTS ...]

It fills the database that DATABASE_URL names, which has to be empty, and prints for each page the 50th and the 95th of
100 server times in ms, as Django's test client sees them: middleware, view, templates and database, without network.
"""

import os
import sys
import time
from statistics import quantiles
from typing import Any

import django

SIZES = (5_000, 5_000_000)
TURNS = 40
SHOP = "ws_bench"
say = sys.stdout.write

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
EMPTY = "TRUNCATE deliveries_delivery, deliveries_deliveryattempt, deliveries_tally"


def main(sizes: list[int]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    _people()
    figures: dict[str, list[tuple[float, float]]] = {}
    for size in sizes:
        began = time.perf_counter()
        _fill(size)
        say(f"{size} attempts are there after {time.perf_counter() - began:.0f} s\n")
        for name, times in _measured(size * 4 // 5).items():
            figures.setdefault(name, []).append(times)
    say(f"{'page':34}" + "".join(f"{size:>12} p50   p95" for size in sizes) + "\n")
    for name, row in figures.items():
        say(f"{name:34}" + "".join(f"{middle:16.1f} {most:5.1f}" for middle, most in row) + "\n")


def _people() -> None:
    from django.contrib.auth.models import User
    from django.utils import timezone

    from deliveries.models import Connection
    from happ_webhooks.history.models import Membership, Workspace

    now = timezone.now()
    for number, workspace_id in enumerate([SHOP, "ws_9"], 1):
        workspace = Workspace.objects.create(pk=workspace_id, name="Bench", last_sequence=10_000_000)
        settings = {"url": "https://example.com/", "opened_at": now, "opened_sequence": 0}
        Connection.objects.create(pk=number, workspace=workspace, number=1, **settings)
    user = User.objects.create_user("bench")
    Membership.objects.create(workspace_id=SHOP, user=user, role=Membership.Role.ADMIN)


def _fill(attempts: int) -> None:
    from datetime import timedelta

    from django.db import connection as database
    from django.utils import timezone

    from deliveries.stats import tally

    now = timezone.now()
    values: dict[str, Any] = {"deliveries": attempts * 4 // 5, "now": now, "shop": SHOP}
    with database.cursor() as cursor:
        cursor.execute(EMPTY)
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


def _measured(deliveries: int) -> dict[str, tuple[float, float]]:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username="bench"), "django.contrib.auth.backends.ModelBackend")
    return {name: _times(client, f"/integrations/{SHOP}{address}") for name, address in _pages(deliveries).items()}


def _pages(deliveries: int) -> dict[str, str]:
    log = "/deliveries/"
    return {
        "tile": "/",
        "tile, live part": "/tile/",
        "log": log,
        "log, live rows": f"{log}rows/",
        "delivered": f"{log}?status=delivered",
        "waiting": f"{log}?status=pending",
        "dropped": f"{log}?status=dropped",
        "cancelled": f"{log}?status=cancelled",
        "error HTTP_500": f"{log}?error=HTTP_500",
        "error that never was": f"{log}?error=DNS",
        "channel telegram": f"{log}?channel=telegram",
        "channel facebook (3 events)": f"{log}?channel=facebook",
        "type order.created": f"{log}?type=order.created",
        "chat": f"{log}?chat_id=chat_7919",
        "period 1 h": f"{log}?period=1h",
        "period 7 d, delivered": f"{log}?period=7d&status=delivered",
        "own period, 20 days ago": f"{log}?period=own&until=2026-01-01T00:00",
        "rare together": f"{log}?status=dropped&channel=facebook",
        "search by event": f"{log}?q=evt_{deliveries // 2:026}",
        "page in the middle": f"{log}?before={deliveries // 2}",
        "figures of 1 h": f"{log}?window=1h",
        "figures of 7 d": f"{log}?window=7d",
        "delivery": f"{log}evt_{deliveries // 2 - deliveries // 2 % 10:026}/",
    }


def _times(client: object, address: str) -> tuple[float, float]:
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        answer = client.get(address)  # type: ignore[attr-defined]
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")
    cuts = quantiles(times[1:], n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or list(SIZES))
