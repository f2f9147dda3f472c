"""The demo's data folder: what it keeps between runs, and the lock that one run holds on it."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from config.demo.postgres import Postgres
from config.demo.servers import new_encryption_key
from config.demo.valkey import Valkey

CHECKOUT = Path(__file__).resolve().parents[2]


class DemoRunsError(Exception):
    """Another demo holds the folder; the text says which."""


@dataclass(frozen=True)
class DemoFolder:
    """Holds the servers' data, generated secrets, the access file and the logs."""

    path: Path

    @classmethod
    def chosen(cls) -> "DemoFolder":
        """HAPP_DEMO_DIR, or var/demo in the checkout."""
        return cls(from_caller(os.environ.get("HAPP_DEMO_DIR") or str(CHECKOUT / "var" / "demo")))

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def access_file(self) -> Path:
        """Tokens and passwords of the demo's people, for its owner's eyes (mode 0600)."""
        return self.path / "access.json"

    @property
    def beat_schedule(self) -> Path:
        return self.path / "beat-schedule"

    @property
    def metrics(self) -> Path:
        """Where all processes count together what /metrics tells."""
        return self.path / "metrics"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder, which is made if missing; DemoRunsError if another demo does. The kernel frees it for us."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read() or "just starting"
                raise DemoRunsError(f"A demo already runs on {self.path}: {holder}.") from None
            self._say(f"process {os.getpid()}, just starting")
            try:
                yield
            finally:
                self._say("")

    def say_where(self, url: str) -> None:
        """Tell a second demo on this folder who holds it."""
        self._say(f"process {os.getpid()}, {url}/")

    def _say(self, text: str) -> None:
        (self.path / "lock").write_text(text)

    def servers(self, postgres_port: int, valkey_port: int) -> tuple[Postgres, Valkey]:
        return (
            Postgres(self.path, postgres_port, durable=True, logs=self.logs),
            Valkey(self.path, valkey_port, durable=True, logs=self.logs),
        )

    def forget(self) -> None:
        """Remove what a demo keeps, and nothing else that may lie in the folder."""
        for server in self.servers(0, 0):
            server.end_stale()
        for name in ("postgres", "postgres.new", "valkey", "logs", "metrics"):
            shutil.rmtree(self.path / name, ignore_errors=True)
        for pattern in ("secrets.json", "access.json", "beat-schedule*", "postgres.password", "valkey.pid"):
            for file in self.path.glob(pattern):
                file.unlink()
        self.logs.mkdir()

    def secrets(self) -> dict[str, str]:
        """The product's own secrets, made at the first run."""
        kept = cast("dict[str, str]", read_json(self.path / "secrets.json"))
        if not kept:
            kept = {"HAPP_SECRET_KEY": secrets.token_urlsafe(48), "HAPP_ENCRYPTION_KEYS": new_encryption_key()}
            write_json(self.path / "secrets.json", kept)
        return kept


def from_caller(path: str) -> Path:
    """A path as the person meant it who called ./run, which changes to the checkout."""
    return Path(os.environ.get("CALLER_DIR") or Path.cwd(), path).resolve()


def read_json(file: Path) -> dict[str, Any]:
    """The object in a file; empty if there is no such file."""
    return cast("dict[str, Any]", json.loads(file.read_text())) if file.exists() else {}


def write_json(file: Path, value: object) -> None:
    """Replace a file whole, readable by its owner only; nobody ever reads half of it."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(value, out, ensure_ascii=False, indent=2)
    unfinished.rename(file)
