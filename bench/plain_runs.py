"""Running the plain design: its tables, its tasks, its worker."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from celery import Celery
from django.db import connection as database
from redis import Redis

from bench.stage.children import finish
from bench.stage.processes import cpu_seconds
from bench.stage.shops import PASSWORD, Shop
from bench.stage.stage import Stage
from config.demo import child
from config.demo.folder import CHECKOUT

QUEUE = "plain"
MIGRATE = ("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
EVENTS = "SELECT id, body FROM history_chatevent WHERE workspace_id = %s ORDER BY sequence LIMIT %s"


@dataclass(frozen=True)
class Pool:
    """How the plain design's worker is run; `reuse` is CELERY_DB_REUSE_MAX, 0 for Celery's default."""

    name: str
    words: tuple[str, ...]
    reuse: int

    @property
    def title(self) -> str:
        return f"plain, {self.name}" + (", DB_REUSE_MAX" if self.reuse else "")


PREFORK = Pool("prefork 2", ("--pool", "prefork", "--concurrency", "2"), 0)
PREFORK_REUSE = Pool("prefork 2", PREFORK.words, 1_000_000)
THREADS = Pool("threads 32", ("--pool", "threads", "--concurrency", "32"), 0)
THREADS_REUSE = Pool("threads 32", THREADS.words, 1_000_000)


def publish(stage: Stage, shops: Sequence[Shop], events: int) -> int:
    """Sends a task for each of the first events that the shops have recorded; returns how many."""
    sent = 0
    with Celery("publisher", broker=stage.broker_url, set_as_current=False) as app, app.producer_pool.acquire() as out:
        for shop in shops:
            for event_id, body in _recorded(shop, -(-events // len(shops))):
                arguments = (shop.url, shop.secret, PASSWORD, event_id, body)
                app.send_task("plain.deliver", arguments, queue=QUEUE, producer=out)
                sent += 1
    return sent


def _recorded(shop: Shop, limit: int) -> list[tuple[str, str]]:
    with database.cursor() as cursor:
        cursor.execute(EVENTS, [shop.workspace_id, limit])
        return list(cursor.fetchall())


class Worker:
    def __init__(self, stage: Stage, pool: Pool) -> None:
        variables = _variables(stage) | {"PLAIN_DB_REUSE_MAX": str(pool.reuse)}
        command = ["-m", "celery", "-A", "bench.plain", "worker", "--queues", QUEUE, "--loglevel", "WARNING"]
        log = stage.folder / "plain.log"
        self.process = child.launch(
            sys.executable, [*command, *pool.words], environment=variables, log=log, folder=CHECKOUT
        )

    def cpu_seconds(self) -> float:
        return cpu_seconds([self.process.pid])


@contextlib.contextmanager
def worker(stage: Stage, pool: Pool) -> Iterator[Worker]:
    """The plain design's worker while the block runs; what it did not get done is forgotten."""
    finish(MIGRATE, _variables(stage))
    running = Worker(stage, pool)
    try:
        yield running
    finally:
        child.stop(running.process, signal.SIGQUIT, 5)
        with Redis.from_url(stage.broker_url) as broker:
            broker.delete(QUEUE)


def _variables(stage: Stage) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bench.plain.settings",
        "PLAIN_DATABASE_URL": stage.plain_url,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
