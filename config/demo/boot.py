"""Brings servers up and waits until they serve."""

import contextlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import Signals
from typing import Protocol

from config.demo import child
from config.demo.ports import any_free
from config.demo.postgres import START_SECONDS, ServerError

TRIES = 3  # Another process may take a free port before the server does.


class Server(Protocol):
    """A database or a broker of our own."""

    stop_signal: Signals

    @property
    def log(self) -> Path: ...

    @property
    def url(self) -> str: ...

    def launch(self) -> subprocess.Popen[bytes]: ...

    def is_up(self, process: subprocess.Popen[bytes]) -> bool: ...


def bring_up(servers: Sequence[Server], seconds: float = START_SECONDS) -> list[subprocess.Popen[bytes]]:
    """Start the servers side by side and wait until all serve; ServerError ends those already started."""
    with contextlib.ExitStack() as started:
        processes = []
        for server in servers:
            process = server.launch()
            started.callback(child.stop, process, server.stop_signal, 5)
            processes.append(process)
        for server, process in zip(servers, processes, strict=True):
            _wait(server, process, seconds)
        started.pop_all()
    return processes


def bring_up_on_free_ports(
    make: Callable[[int, int], tuple[Server, Server]], environment: Mapping[str, str]
) -> tuple[dict[str, Server], list[subprocess.Popen[bytes]]]:
    """Start those servers (database, broker) whose address `environment` does not hold; by variable, with processes."""
    for left in reversed(range(TRIES)):
        servers = dict(zip(("DATABASE_URL", "REDIS_URL"), make(any_free(), any_free()), strict=True))
        wanted = {name: server for name, server in servers.items() if not environment.get(name)}
        try:
            return wanted, bring_up(list(wanted.values()))
        except ServerError:
            if not left:
                raise
    raise AssertionError("The last try returns or raises.")


def _wait(server: Server, process: subprocess.Popen[bytes], seconds: float) -> None:
    child.wait_until(lambda: server.is_up(process) or process.poll() is not None, seconds)
    if not server.is_up(process):
        name = type(server).__name__
        raise ServerError(f"{name} did not start; the last lines of {server.log}:\n{last_lines(server.log)}")


def last_lines(log: Path) -> str:
    """The end of a log, for people."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])
