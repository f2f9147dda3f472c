"""What the tests of the demo ask the kernel, and how they start a demo."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.demo.folder import CHECKOUT

READY_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """One process; its start time tells it from a later one with the same number."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Running | None":
        fields = stat(pid)
        return cls(pid, fields[19]) if fields and fields[0] != "Z" else None

    def lives(self) -> bool:
        return Running.of(self.pid) == self


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def family(pid: int) -> set[Running]:
    """The process and all that descend from it."""
    parents = {int(entry.name): stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    members = {pid}
    while grown := {child for child, fields in parents.items() if fields and int(fields[1]) in members} - members:
        members |= grown
    return {one for member in members if (one := Running.of(member))}


def eventually(true: Callable[[], bool], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def all_gone(processes: set[Running], seconds: float) -> bool:
    return eventually(lambda: not any(one.lives() for one in processes), seconds)


def clean_environment(**extra: str) -> dict[str, str]:
    """Ours without the servers that this test run itself works with."""
    ours = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "CALLER_DIR"}
    }
    return ours | extra


class Demo:
    """A demo in a process of its own, started and waited for; `variables` are added to its environment."""

    def __init__(self, folder: Path, *arguments: str, checkout: Path = CHECKOUT, **variables: str) -> None:
        self.folder, self.ready_file = folder, folder / "ready.json"
        self.output = folder.with_suffix(".out")
        self.ready_file.unlink(missing_ok=True)  # A killed demo could not remove it.
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                command(*arguments, "--no-simulator", "--ready-file", str(self.ready_file)),
                env=clean_environment(HAPP_DEMO_DIR=str(folder), **variables),
                cwd=checkout,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        came = eventually(lambda: self.ready_file.exists() or self.process.poll() is not None, READY_SECONDS)
        assert came, self.said()
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def ready(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.ready_file.read_text())
        return facts

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(20)


def command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "config.demo", *arguments]
