"""The samples of the docs as processes, started by the very commands of the docs, in an empty folder."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from deliveries.receiver_docs import folder

SECRET_OF_TESTS = "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE="
TEN_MINUTES = "ten-minutes.md"
#: The packages are there already, and the suite fetches none.
INSTALLING = re.compile(r"(python3 -m venv|\. \.venv/|pip install) ?(.*)")
LOCAL = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: ./run test installs it"
    return found


def commands(heading: str, page: str = TEN_MINUTES) -> list[str]:
    """The lines of the first block of shell commands below a heading."""
    text = (folder() / page).read_text().partition(f"# {heading}\n")[2]
    return text.partition("```sh\n")[2].partition("```\n")[0].splitlines()


class Sample:
    """What the commands below a heading make: all but the last prepare the folder, and the last one serves."""

    def __init__(self, heading: str, place: Path, settings: Mapping[str, str], page: str = TEN_MINUTES) -> None:
        self.port, self.place = free_port(), place
        self.url = f"http://127.0.0.1:{self.port}/happ"
        self._lines = [line.replace("8080", str(self.port)) for line in commands(heading, page)]
        self._environment = {"PATH": LOCAL, "HOME": str(place), "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8", **settings}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> Path:
        """Runs all but the last command in an empty folder; a copy of what they made."""
        self.place.mkdir()
        done = self.runs("set -e", *(line for line in self._lines[:-1] if not INSTALLING.match(line)))
        assert done.returncode == 0, done.stdout
        copy = self.place.with_name(f"{self.place.name}-copy")
        shutil.copytree(self.place, copy)
        return copy

    def start(self, **changed: str) -> "Sample":
        """`changed` stands in for what the block exports."""
        exports = [line for line in self._lines if line.startswith("export ")]
        script = "\n".join([*exports, *(f"export {name}={text}" for name, text in changed.items())])
        with self._out.open("ab") as out:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", f"{script}\nexec {self._lines[-1]}"],
                cwd=self.place,
                env=self._environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._wait()
        return self

    def runs(self, *lines: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Other commands in its folder."""
        return subprocess.run(
            ["/bin/sh", "-c", "\n".join(lines)],
            cwd=self.place,
            env={**self._environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    def replace(self, shown: str, real: str) -> None:
        """Puts an address of this test in place of the one that the docs show."""
        assert sum(line.count(shown) for line in self._lines) == 1
        self._lines = [line.replace(shown, real) for line in self._lines]

    @property
    def last_command(self) -> str:
        return self._lines[-1]

    @property
    def lines(self) -> list[str]:
        """What it took in, a line each: printed, or for PHP in the file that the docs name."""
        kept = self.place / "events.txt" if ".php" in self.last_command else self._out
        text = kept.read_text(errors="replace") if kept.exists() else ""
        return [line for line in text.splitlines() if line.startswith("evt_")]

    @property
    def output(self) -> str:
        return self._out.read_text(errors="replace")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    @property
    def _out(self) -> Path:
        return self.place / "terminal"

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process is not None
                assert self._process.poll() is None, self.output
                assert time.monotonic() < end, self.output
                time.sleep(0.05)
            else:
                return
