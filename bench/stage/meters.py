"""What all parts have used so far: CPU of every process, statements and bytes of the database, broker commands."""

import time
from collections.abc import Mapping
from typing import Final

from redis import Redis

from bench.stage.databases import ask
from bench.stage.processes import cpu_seconds
from bench.stage.product import Product
from bench.stage.stage import Stage

COUNT: Final = "ALTER SYSTEM SET pg_stat_statements.track = 'top'"
COUNT_NO_MORE: Final = "ALTER SYSTEM RESET pg_stat_statements.track"
RELOAD: Final = "SELECT pg_reload_conf()"
USED: Final = """
SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int, pg_current_wal_lsn() - '0/0',
       (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
         WHERE datname = current_database()),
       (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
       (SELECT sum(pg_total_relation_size(oid)) FROM pg_class
         WHERE relkind IN ('r', 'p') AND relname ~ '^(history_chatevent|deliveries_delivery)')
"""
# A session tells its commits up to a second late.
LATE: Final = 1.5


def start_counting(stage: Stage) -> None:
    """Statements are counted from now on."""
    ask(stage.database_url, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    ask(stage.database_url, COUNT)
    ask(stage.database_url, RELOAD)


def stop_counting(stage: Stage) -> None:
    ask(stage.database_url, COUNT_NO_MORE)
    ask(stage.database_url, RELOAD)


def used(stage: Stage, product: Product) -> Mapping[str, float]:
    """Sums since each part was started, by name and unit; only differences mean something."""
    time.sleep(LATE)
    ((pid, wal, statements, commits, stored),) = ask(stage.database_url, USED)
    with Redis.from_url(stage.broker_url) as broker:
        counts, process = broker.info("stats"), broker.info("server")["process_id"]
    return {
        "web CPU ms": product.cpu_seconds("web") * 1000,
        "worker CPU ms": product.cpu_seconds("worker", "troubled") * 1000,
        "database CPU ms": cpu_seconds([pid]) * 1000,
        "broker CPU ms": cpu_seconds([process]) * 1000,
        "receiver CPU ms": cpu_seconds([stage.receiver.pid]) * 1000,
        "statements": float(statements),
        "transactions": float(commits),
        "WAL bytes": float(wal),
        "stored bytes": float(stored),
        "broker commands": float(counts["total_commands_processed"]),
        "broker bytes": float(counts["total_net_input_bytes"] + counts["total_net_output_bytes"]),
    }


def each(before: Mapping[str, float], after: Mapping[str, float], events: int) -> dict[str, float]:
    """What one event of many has used."""
    return {name: (after[name] - before[name]) / events for name in after}
