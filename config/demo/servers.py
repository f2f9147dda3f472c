"""Runs a command beside a throw-away PostgreSQL and Valkey: `python -m config.demo.servers -- COMMAND ARGS...`.

The command finds DATABASE_URL, REDIS_URL and the secrets in its environment; those already set there are kept, and
a server whose address is set is not started. The exit code is the command's, or 1 if a server did not start.
"""

import base64
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

from config.demo import boot, child
from config.demo.postgres import Postgres, ServerError
from config.demo.valkey import Valkey

PREFIX = "happ-servers-"


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("Usage: python -m config.demo.servers -- COMMAND ARGS...", file=sys.stderr)
        return 2
    try:
        with temporary_folder() as folder, running(folder) as addresses:
            return run(command, {**secrets_for_tests(), **os.environ, **addresses})
    except ServerError as problem:
        print(problem, file=sys.stderr)
        return 1


def secrets_for_tests() -> dict[str, str]:
    """What the settings want and no test cares about."""
    return {"HAPP_SECRET_KEY": secrets.token_urlsafe(48), "HAPP_ENCRYPTION_KEYS": new_encryption_key()} | {
        "HAPP_ALLOW_PRIVATE_TARGETS": "1"
    }


def new_encryption_key() -> str:
    """A Fernet key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards; first clears away those whose owner was killed before it could."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/lock"):
        _clear_if_abandoned(lock)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (folder / "lock.new").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # Found by others only once it is held.
        (folder / "lock.new").rename(folder / "lock")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _clear_if_abandoned(lock: Path) -> None:
    with contextlib.suppress(OSError), lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)


@contextlib.contextmanager
def running(folder: Path, environment: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """Throw-away servers while the block runs; gives the addresses of those that `environment` does not name."""

    def make(postgres_port: int, valkey_port: int) -> tuple[Postgres, Valkey]:
        return Postgres(folder, postgres_port, durable=False), Valkey(folder, valkey_port, durable=False)

    servers, processes = boot.bring_up_on_free_ports(make, environment)
    try:
        yield {name: server.url for name, server in servers.items()}
    finally:
        for server, process in zip(servers.values(), processes, strict=True):
            child.stop(process, signal.SIGQUIT if isinstance(server, Postgres) else signal.SIGKILL, 5)


def run(command: list[str], environment: Mapping[str, str]) -> int:
    """Run the command, handing on SIGINT and SIGTERM; returns its exit code (128 + signal, if a signal ended it)."""
    try:
        process = child.launch(command[0], command[1:], environment=environment, death_signal=signal.SIGTERM)
    except OSError as problem:
        print(f"{command[0]}: {problem.strerror}", file=sys.stderr)
        return 127

    end_with_us(process.pid)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)
    code = process.wait()
    return 128 - code if code < 0 else code


def end_with_us(group: int) -> None:
    """Leave a watcher that kills the process group once we are gone, however that happens."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)  # The other end closes when we end, which is what the watcher waits for.
        return
    os.setsid()
    os.close(writing)
    os.read(reading, 1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
