"""The samples of the docs as processes, started as their first lines say."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deliveries.receiver_docs import folder

SECRET_OF_TESTS = "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE="


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: ./run test installs it"
    return found


def command_of(sample: str, port: int) -> list[str]:
    """How the sample says it is started."""
    if sample.endswith(".mjs"):
        return [program("node"), sample, str(port)]
    if sample.endswith(".php"):
        return [program("php"), "-S", f"127.0.0.1:{port}", sample]
    if sample == "receiver_fastapi.py":
        return [sys.executable, "-m", "uvicorn", "receiver_fastapi:app", "--port", str(port), "--log-level", "warning"]
    if sample == "receiver_django.py":
        return [sys.executable, str(Path(__file__).parent / "django_site.py"), str(port)]
    return [sys.executable, sample, str(port)]


class Sample:
    """A running sample; `lines` is what it printed, or wrote to the file HAPP_EVENTS."""

    def __init__(self, name: str, scratch: Path, settings: Mapping[str, str], more: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/happ"
        self._file, self._out = scratch / "events", scratch / "out"
        environment = {**os.environ, "HAPP_EVENTS": str(self._file), "PYTHONUNBUFFERED": "1", **settings}
        with self._out.open("wb") as out:
            self._process = subprocess.Popen(
                [*command_of(name, self.port), *more],
                cwd=folder() / "samples",
                env=environment,
                stdout=out,
                stderr=out,
            )
        self._wait()

    @property
    def lines(self) -> list[str]:
        kept = self._file if self._file.suffix == "" and self._file.exists() else self._out
        return [line for line in kept.read_text(errors="replace").splitlines() if line.startswith("evt_")]

    @property
    def output(self) -> str:
        return self._out.read_text(errors="replace")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _wait(self) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, self.output
                assert time.monotonic() < end, self.output
                time.sleep(0.05)
            else:
                return
