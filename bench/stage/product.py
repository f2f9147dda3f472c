"""The product's processes, started as the Procfile says."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.stage import processes
from config.demo import boot, child
from config.demo.client import NoAnswerError, call
from config.demo.folder import CHECKOUT
from config.demo.stack import launcher, listen, url_of
from config.demo.supervisor import Program, Supervisor, stop

START_SECONDS = 90.0


class Product:
    """Running processes, each of which logs to a file. `web_url` has no slash at the end."""

    def __init__(self, folder: Path, counts: Mapping[str, int], replace: Mapping[str, str]) -> None:
        self._folder, self._replace = folder, replace
        self._socket = listen(0)
        self.web_url = url_of(self._socket)
        names = [(name, number) for name, count in counts.items() for number in range(count)]
        self._supervisor = Supervisor([self._program(name, number) for name, number in names])

    def _program(self, name: str, number: int) -> Program:
        lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines() if ": " in line)
        command = lines[name]
        for part, other in self._replace.items():
            command = command.replace(part, other)
        variables = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HAPP_BEAT_SCHEDULE": str(self._folder / "beat-schedule"),
            # As in production: a line for people costs twice as much.
            "HAPP_LOG_FORMAT": "json",
            "GUNICORN_CMD_ARGS": f"--bind fd://{self._socket.fileno()}",
        }
        log = self._folder / f"{name}-{number}.log"
        log.unlink(missing_ok=True)
        return Program(name, launcher("/bin/sh", ["-c", f"exec {command}"], variables, log, [self._socket.fileno()]))

    def start(self) -> None:
        self._supervisor.start()
        if not child.wait_until(self._is_ready, START_SECONDS, pause=0.1):
            ends = (f"{path.name}:\n{boot.last_lines(path)}" for path in self._folder.glob("*.log"))
            raise RuntimeError("The product did not start. " + "\n".join(ends))

    def _is_ready(self) -> bool:
        workers = [path for path in self._folder.glob("*-?.log") if path.stem[:-2] in {"worker", "troubled"}]
        return all(b" ready." in path.read_bytes() for path in workers) and self._serves()

    def _serves(self) -> bool:
        if not self._supervisor.pids("web"):
            return True
        with contextlib.suppress(NoAnswerError):
            return call("GET", f"{self.web_url}/readyz", timeout=5).status == 200
        return False

    def cpu_seconds(self, *names: str) -> float:
        return processes.cpu_seconds(self._pids(names))

    def memory_mib(self, *names: str) -> float:
        return processes.own_memory_mib(self._pids(names))

    def _pids(self, names: tuple[str, ...]) -> list[int]:
        return [one.process.pid for one in self._supervisor.programs if one.name in names and one.process is not None]

    def close(self) -> None:
        stop(self._supervisor.programs)
        self._socket.close()


@contextlib.contextmanager
def product(folder: Path, counts: Mapping[str, int], replace: Mapping[str, str]) -> Iterator[Product]:
    """`counts` says how many of each process; `replace` puts other words into their commands."""
    running = Product(folder, counts, replace)
    try:
        running.start()
        yield running
    finally:
        running.close()
