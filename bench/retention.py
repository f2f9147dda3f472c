"""Pruning a log of any size beside traffic: `python -m config.demo.servers -- python -m bench.retention ATTEMPTS`.

Fills an empty database with attempts of the last 35 days, the oldest five past HAPP_LOG_DAYS, and with a tenth as many
deliveries and events. Then events go in and out one by one, before the pruning and beside it.
"""

import contextlib
import logging
import os
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
logging.getLogger("deliveries").setLevel(logging.WARNING)  # Its own alone, not those of what it starts.

from django.conf import settings  # noqa: E402 - models need the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connection as database  # noqa: E402
from django.db.models.functions import Now  # noqa: E402

from bench.report.figures import percentiles  # noqa: E402
from bench.stage.events import incoming  # noqa: E402
from bench.stage.receiving import Receiving  # noqa: E402
from bench.stage.shops import Shop, open_shops  # noqa: E402
from deliveries.courier.visit import visit  # noqa: E402
from deliveries.intake import take_in  # noqa: E402
from deliveries.models import Connection  # noqa: E402
from deliveries.pruning import PARENT, partition_name, prune  # noqa: E402

DAYS = 35
BEFORE_SECONDS = 20.0
TENTH = 10

# Filled without indexes; attaching it builds them.
FILL_DAY = f"""
CREATE TABLE {{name}} (LIKE {PARENT} INCLUDING DEFAULTS);
INSERT INTO {{name}} (event_id, connection_id, number, started_at, response_ms, dns_ms, connect_ms, tls_ms,
                      first_byte_ms, status_code, error, detail)
SELECT 'evt_' || lpad(n::text, 26, '0'), n % 500, 1,
       '{{start}}'::timestamptz + (n - {{first}}) * interval '1 day' / {{count}}, n % 700, 1, 2, 3, 9, 200, '', ''
  FROM generate_series({{first}}::bigint, {{first}}::bigint + {{count}} - 1) n;
ALTER TABLE {PARENT} ATTACH PARTITION {{name}} FOR VALUES FROM ('{{start}}') TO ('{{end}}');
"""  # noqa: S608
EVENTS = """
INSERT INTO history_chatevent
       (id, workspace_id, sequence, type, channel, chat_id, source_id, occurred_at, recorded_at, body)
SELECT 'evt_' || lpad(n::text, 26, '0'), 'ws_' || n %% 500, n, 'message.received', 'telegram',
       'chat_' || (n * 7919) %% 20011, 'filled-' || n, t, t, repeat(md5(n::text), 20)
  FROM (SELECT n, now() - (%(count)s - n) * interval '35 days' / %(count)s AS t
          FROM generate_series(1::bigint, %(count)s) n) AS numbered
"""
DELIVERIES = """
INSERT INTO deliveries_delivery
       (event_id, workspace_id, connection_id, sequence, type, channel, chat_id, recorded_at, status, reason,
        settled_at, attempts, rung, early_spent, first_attempt_at, last_attempt_at, last_status_code,
        last_response_ms, last_error)
SELECT id, workspace_id, 1, sequence, type, channel, chat_id, recorded_at, 'delivered', '', recorded_at, 1, 1, false,
       recorded_at, recorded_at, 200, 100, ''
  FROM history_chatevent WHERE source_id LIKE 'filled-%%'
"""
BYTES = """
SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
         WHERE inhparent = 'deliveries_deliveryattempt'::regclass),
       pg_total_relation_size('deliveries_delivery'), pg_total_relation_size('history_chatevent')
"""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fill(attempts: int) -> None:
    """`attempts` over 35 days and today, a tenth as many events and deliveries."""
    today, a_day = datetime.now(UTC).date(), attempts // DAYS
    with database.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for number in range(DAYS):
            day = today - timedelta(days=DAYS - number)
            values = {"name": partition_name(day), "start": f"{day} 00:00+00", "first": number * a_day + 1}
            cursor.execute(FILL_DAY.format(**values, end=f"{day + timedelta(days=1)} 00:00+00", count=a_day))
        cursor.execute(EVENTS, {"count": attempts // TENTH})
        cursor.execute(DELIVERIES)
        cursor.execute("ANALYZE")
        cursor.execute(BYTES)
        sizes = cursor.fetchone()
    counts = (attempts, attempts // TENTH, attempts // TENTH)
    for name, size, count in zip(("attempts", "deliveries", "events"), sizes, counts, strict=True):
        say(f"{name}: {count:,}, {int(size) / 1e9:.2f} GB, {int(size) // count} bytes each with indexes")


class Passing(threading.Thread):
    """One event after the other, in and out, until it is told to end. Times are in seconds."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(daemon=True)
        self._shop = shop
        self._ended = threading.Event()
        self.intake: list[float] = []
        self.visits: list[float] = []

    def run(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            began = time.monotonic()
            take_in(self._shop.workspace_id, [incoming(number % 50)])
            taken = time.monotonic()
            Connection.objects.filter(pk=self._shop.connection_id).update(wake_at=Now())
            visit(self._shop.connection_id)
            self.intake.append(taken - began)
            self.visits.append(time.monotonic() - taken)
            time.sleep(0.02)
        database.close()

    def end(self) -> None:
        self._ended.set()
        self.join(60)

    def told(self, when: str) -> None:
        for name, seconds in (("intake", self.intake), ("send and record", self.visits)):
            found = ", ".join(f"{title} {value * 1000:.1f}" for title, value in percentiles(seconds).items())
            say(f"{when}, {name}, ms: {found} ({len(seconds)} events)")


def main(attempts: int) -> None:
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Receiving(Path(folder))) as receiver:
        [shop] = open_shops([receiver.url(0)])
        began = time.monotonic()
        fill(attempts)
        say(f"filled in {time.monotonic() - began:.0f} s")
        prune_beside_traffic(shop)


def prune_beside_traffic(shop: Shop) -> None:
    before = Passing(shop)
    before.start()
    time.sleep(BEFORE_SECONDS)
    before.end()
    before.told("before")
    settings.HAPP_HISTORY_DAYS = settings.HAPP_LOG_DAYS
    beside = Passing(shop)
    beside.start()
    began = time.monotonic()
    dropped = prune(datetime.now(UTC))
    say(f"pruned in {time.monotonic() - began:.1f} s: {dropped} partitions dropped")
    beside.end()
    beside.told("beside it")


if __name__ == "__main__":
    main(int(sys.argv[1]))
