"""CPU and memory of processes and all that they have started, as Linux counts them in /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the name, counted from the state: user, system, and both of ended children.
TIMES = slice(11, 15)


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and their children, ended ones included."""
    return sum(_ticks(pid) for pid in with_children(pids)) / TICKS


def own_memory_mib(pids: Iterable[int]) -> float:
    """Anonymous resident memory: what these processes and their children hold beside shared libraries."""
    return sum(_anonymous_kib(pid) for pid in with_children(pids)) / 1024


def with_children(pids: Iterable[int]) -> list[int]:
    """These processes, then all that live below them."""
    found = list(pids)
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    """Of all its threads: a child belongs to the thread that forked it."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(each) for thread in threads for each in (thread / "children").read_text().split()]
    except OSError:
        return []


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(each) for each in fields[TIMES])


def _anonymous_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
