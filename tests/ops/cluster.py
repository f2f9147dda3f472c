"""PostgreSQL servers that are backed up, restored and promoted with the tools that a server's packages bring."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from config.demo import boot, child
from config.demo.postgres import Postgres, binaries


@dataclass
class Cluster(Postgres):
    """A server that keeps what it acknowledged. `settings` are added to its command line."""

    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def _options(self) -> list[str]:
        return [
            *super()._options(),
            *(part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")),
        ]

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        [self.process] = boot.bring_up([self])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self.process is not None:
            child.stop(self.process, how, 20)
            self.process = None

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.url)) as session, session.cursor() as cursor:
            session.autocommit = True
            cursor.execute(sql, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def one(self, sql: str, *values: object) -> Any:
        return self.rows(sql, *values)[0][0]

    def copied_to(self, folder: Path, port: int, *options: str) -> "Cluster":
        """A base backup as a server of its own, not started."""
        folder.mkdir()
        shutil.copy(self.password_file, folder)
        copy = Cluster(folder, port, durable=True)
        account = self._account()
        if account:
            os.chown(folder, account.uid, account.gid)
        arguments = ["-D", str(copy.data), "-d", self.url, "--checkpoint=fast", "--wal-method=stream", *options]
        made = child.launch(
            binaries() / "pg_basebackup", arguments, log=copy.log, folder=folder, account=account
        ).wait()
        assert made == 0, boot.last_lines(copy.log)
        return copy


@contextlib.contextmanager
def stopped_at_last(*clusters: Cluster) -> Iterator[None]:
    try:
        yield
    finally:
        for cluster in clusters:
            cluster.stop(signal.SIGQUIT)


def wait_for(true: Any, what: str, seconds: float = 40) -> float:
    """Seconds until it held."""
    began = time.monotonic()
    assert child.wait_until(true, seconds, 0.05), f"It took too long: {what}"
    return time.monotonic() - began
