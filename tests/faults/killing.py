"""Ends processes together with all that they started."""

import contextlib
import os
import signal
from collections.abc import Sequence

from config.demo.supervisor import children


def kill(pids: Sequence[int]) -> None:
    """SIGKILL to these processes, their groups and their children: each of PostgreSQL's has a group of its own."""
    for pid in pids:
        # Starts no more of them while they are counted.
        send(pid, signal.SIGSTOP)
    family = [child for pid in pids for child in children(pid)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    for child in family:
        send(child, signal.SIGKILL)


def send(pid: int, number: signal.Signals) -> None:
    """A signal to one process, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
