"""A database that writes through to the disk and a broker: what is measured pays for its commits."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from config.demo import boot, child
from config.demo.postgres import Postgres
from config.demo.valkey import Valkey

# A checkpoint in the middle of a round would be the database's figure, not ours.
EXTRA = ("max_wal_size=4GB", "shared_buffers=512MB", "shared_preload_libraries=pg_stat_statements")
# In the file and not on the command line, which nothing could overrule.
COUNTS_WHEN_ASKED = "pg_stat_statements.track = none\n"


class MeasuredPostgres(Postgres):
    """Durable, as the demo's, and able to count statements."""

    def _options(self) -> list[str]:
        return [*super()._options(), *(part for setting in EXTRA for part in ("-c", setting))]

    def _create_cluster(self) -> None:
        super()._create_cluster()
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(COUNTS_WHEN_ASKED)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """The environment with both addresses; those given in it from outside are kept."""

    def make(postgres_port: int, valkey_port: int) -> tuple[Postgres, Valkey]:
        return MeasuredPostgres(folder, postgres_port, durable=True), Valkey(folder, valkey_port, durable=False)

    servers, processes = boot.bring_up_on_free_ports(make, os.environ)
    try:
        yield {**os.environ, **{name: server.url for name, server in servers.items()}}
    finally:
        for server, process in zip(servers.values(), processes, strict=True):
            child.stop(process, server.stop_signal, 10)
