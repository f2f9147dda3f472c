"""Keeps processes running: one that dies is started again at once, one that keeps dying once a second."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from config.demo import child

PAUSE = 1.0
GRACE_SECONDS = 7.0


@dataclass
class Program:
    """Something to keep running. `launch` starts it without waiting, and is called again whenever it has died."""

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = field(default_factory=time.monotonic)
    deaths: int = 0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = self.launch()

    def tend(self) -> str | None:
        """Start it again if it has died; says what happened, or nothing. Call it every tenth of a second."""
        if self.process is not None and self.process.poll() is None:
            return None
        if time.monotonic() - self.started_at < PAUSE:
            return None
        self.deaths += 1
        ended = how_it_ended(self.process)
        self.kill_group()
        try:
            self.start()
        except Exception as problem:
            self.process = None
            return f"{self.name} did not start: {problem}"
        return f"{self.name} {ended}; started again."

    def kill_group(self) -> None:
        """End what a dead process left of its own children, such as gunicorn's workers."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def how_it_ended(process: subprocess.Popen[bytes] | None) -> str:
    if process is None or process.returncode is None:
        return "was not running"
    if process.returncode < 0:
        return f"was ended by {signal.Signals(-process.returncode).name}"
    return f"ended with code {process.returncode}"


class Supervisor:
    """The programs of a demo, in the order in which they start; they end in groups, servers last."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self.programs = list(programs)

    def start(self) -> None:
        for program in self.programs:
            if program.process is None:
                program.start()

    def tend(self) -> list[str]:
        """Start again what has died; a line for each. Never blocks for long: call it every tenth of a second."""
        return [line for program in self.programs if (line := program.tend())]

    def pids(self, *names: str) -> list[int]:
        """The processes of these programs: theirs first, then their children's."""
        own = [one.process.pid for one in self.programs if one.name in names and one.process is not None]
        return own + [pid for parent in own for pid in children(parent)]


def stop(programs: Iterable[Program], grace: float = GRACE_SECONDS) -> None:
    """Ask all at once, insist `grace` seconds later."""
    running = [(program, program.process) for program in programs if program.process is not None]
    for program, process in running:
        if process.poll() is None:
            process.send_signal(program.stop_signal)
    child.wait_until(lambda: all(process.poll() is not None for _, process in running), grace)
    for program, process in running:
        program.kill_group()
        process.wait()


def children(pid: int) -> list[int]:
    """The running child processes, where the kernel tells."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
