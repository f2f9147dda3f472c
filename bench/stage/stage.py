"""The stage of one run: databases, receiver, and the product whenever a benchmark asks for it."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection as database
from redis import Redis

from bench.stage import databases, product
from bench.stage.product import Product
from bench.stage.receiving import Receiving
from config.demo import child

EVERYTHING: Mapping[str, int] = {"web": 1, "worker": 1, "troubled": 1, "beat": 1}
OURS, PLAIN = "happ_bench", "happ_bench_plain"
# At their start workers make the log's partitions, and whoever records an attempt waits for that.
BUSY = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND (state <> 'idle' OR query ~ 'PARTITION' AND state_change > now() - interval '1 second')
"""


@dataclass(frozen=True)
class Stage:
    """`server_url` is the database server's, `database_url` the product's there, `plain_url` the plain design's."""

    folder: Path
    receiver: Receiving
    server_url: str
    database_url: str
    plain_url: str
    broker_url: str

    @contextlib.contextmanager
    def product(
        self, counts: Mapping[str, int] = EVERYTHING, replace: Mapping[str, str] | None = None
    ) -> Iterator[Product]:
        """The product's processes while the block runs; they have done by then what they do when they start."""
        with product.product(self.folder, counts, replace or {}) as running:
            quiet = child.wait_until(lambda: not self._busy(), 30, pause=0.1)
            if not quiet:
                raise RuntimeError("The product never came to rest after its start.")
            yield running

    def _busy(self) -> bool:
        """Whether a session works on something, or made partitions a moment ago."""
        return databases.ask(self.database_url, BUSY) != [(0,)]

    def broker_mib(self) -> float:
        """What the broker holds."""
        with Redis.from_url(self.broker_url) as broker:
            return float(broker.info("memory")["used_memory"]) / 2**20


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    folder = Path(os.environ["HAPP_BENCH_DIR"])
    server_url = os.environ["DATABASE_URL"]
    receiver = Receiving(folder)
    try:
        ours, plain = (databases.make(server_url, name) for name in (OURS, PLAIN))
        _move_to(ours)
        yield Stage(folder, receiver, server_url, ours, plain, os.environ["REDIS_URL"])
    finally:
        receiver.close()
        database.close()
        for name in (OURS, PLAIN):
            databases.drop(server_url, name)


def _move_to(database_url: str) -> None:
    """This process and those it starts use that database, which gets the product's tables."""
    os.environ["DATABASE_URL"] = database_url
    database.settings_dict["NAME"] = OURS
    call_command("migrate", interactive=False, verbosity=0)
