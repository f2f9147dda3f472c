"""A PgBouncer of our own in transaction mode, set as docs/ops/growth.md says, in front of a given PostgreSQL."""

import contextlib
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2  # type: ignore[import-untyped]

from config.demo import boot, child
from config.demo.ports import HOST, any_free
from tests.servers.missing import program

PACKAGE = "pgbouncer"
SERVER = "/usr/sbin/pgbouncer"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "ops" / "growth.md"


@dataclass
class PgBouncer:
    """`database_url` leads to PostgreSQL itself, as its superuser: the suite makes databases."""

    folder: Path
    port: int
    database_url: str
    stop_signal: signal.Signals = signal.SIGINT
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "pgbouncer"

    @property
    def log(self) -> Path:
        return self.folder / "pgbouncer.log"

    @property
    def url(self) -> str:
        parts = urlsplit(self.database_url)
        return parts._replace(netloc=f"{parts.username}:{parts.password}@{HOST}:{self.port}").geturl()

    def prepare(self) -> None:
        """Raises MissingError."""
        program(SERVER, PACKAGE)
        self.data.mkdir()
        self._prepare_role()
        (self.data / "pgbouncer.ini").write_text(self._configuration())
        account = child.unprivileged(self.data)
        if account:
            for path in (self.data, *self.data.iterdir()):
                os.chown(path, account.uid, account.gid)

    def launch(self) -> subprocess.Popen[bytes]:
        return child.launch(
            SERVER, ["pgbouncer.ini"], log=self.log, folder=self.data, account=child.unprivileged(self.data)
        )

    def is_up(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return process.poll() is None

    def start(self) -> None:
        [self.process] = boot.bring_up([self])

    def stop(self, how: signal.Signals) -> None:
        if self.process is not None:
            child.stop(self.process, how, 5)
            self.process = None

    def restart(self) -> None:
        """Whoever is connected is cut off."""
        self.stop(signal.SIGKILL)
        self.start()

    def _prepare_role(self) -> None:
        """What the page has an operator say in psql; and the file of users, without a password."""
        role = urlsplit(self.database_url).username
        with contextlib.closing(psycopg2.connect(self.database_url)) as session, session.cursor() as cursor:
            session.autocommit = True
            for statement in block("sql").splitlines():
                cursor.execute(statement.replace("happ", str(role)))
            cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [role])
            (verifier,) = cursor.fetchone()
        users = self.data / "userlist.txt"
        users.touch(mode=0o600)
        users.write_text(f'"{role}" "{verifier}"\n')

    def _configuration(self) -> str:
        """The page's lines, with addresses and folders of our own."""
        parts = urlsplit(self.database_url)
        ours = {
            "happ": None,
            "listen_addr": HOST,
            "listen_port": str(self.port),
            "auth_file": "userlist.txt",
            "unix_socket_dir": "",
        }
        kept = [line for line in block("ini").splitlines() if line.partition(" =")[0] not in ours]
        kept.insert(kept.index("[databases]") + 1, f"* = host={parts.hostname} port={parts.port}")
        return "\n".join([*kept, *(f"{name} = {value}" for name, value in ours.items() if value is not None)]) + "\n"


def block(language: str) -> str:
    """The page's lines in that language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(found)


@contextlib.contextmanager
def running(folder: Path, database_url: str) -> Iterator[PgBouncer]:
    """While the block runs. The role keeps what was set for it."""
    server = PgBouncer(folder, any_free(), database_url)
    server.prepare()
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
