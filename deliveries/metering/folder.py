"""The folder in which all processes of a host count (PROMETHEUS_MULTIPROC_DIR), and what dead ones leave there.

Each process has files of its own, by a name that no other ever has: numbers of processes are used again, and those of
two containers are the same. It holds a lock for as long as it lives. Whoever is asked for the figures first adds the
files of the dead into one: a counter must not forget them, since Prometheus would take a smaller sum for a restart.
"""

import contextlib
import fcntl
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PAST, UNFINISHED = "past", "unfinished"
KINDS = ("counter", "histogram")


def folder() -> Path | None:
    """Where this host counts; None if it does not."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else None


class _Own:
    pid = 0
    name = ""
    lock = -1


def own_name() -> str:
    """This process's name in the folder. A forked one takes a name of its own, before its first file."""
    if _Own.pid != os.getpid():
        _take_name(folder() or Path())
    return _Own.name


def _take_name(place: Path) -> None:
    name = secrets.token_hex(8)
    lock = os.open(place / f"{name}.alive", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    _Own.pid, _Own.name, _Own.lock = os.getpid(), name, lock


def read(place: Path) -> list[Metric]:
    """What all processes counted since the folder was made, the dead among them."""
    with _held(place, fcntl.LOCK_SH):
        dead = list(_dead(place))
    if dead:
        add_up(place)
    with _held(place, fcntl.LOCK_SH):
        return list(MultiProcessCollector(None, str(place)).collect())  # type: ignore[no-untyped-call]


def add_up(place: Path) -> None:
    """Adds the files of dead processes to those of the past. Nobody reads meanwhile, so that no sum is ever smaller."""
    with _held(place, fcntl.LOCK_EX):
        dead = list(_dead(place))
        for kind in KINDS:
            _merge(place, kind, dead)
        for name in dead:
            (place / f"{name}.alive").unlink(missing_ok=True)


def _merge(place: Path, kind: str, dead: Iterable[str]) -> None:
    past, unfinished = place / f"{kind}_{PAST}.db", place / f"{kind}_{UNFINISHED}"
    gone = [file for name in dead if (file := place / f"{kind}_{name}.db").exists()]
    sums: defaultdict[str, float] = defaultdict(float)
    for file in [*gone, *([past] if past.exists() else [])]:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]
            sums[key] += value
    unfinished.unlink(missing_ok=True)
    written = MmapedDict(str(unfinished))  # type: ignore[no-untyped-call]
    for key, total in sums.items():
        written.write_value(key, total, 0.0)  # type: ignore[no-untyped-call]
    written.close()  # type: ignore[no-untyped-call]
    for file in gone:
        file.unlink()
    unfinished.rename(past)


def _dead(place: Path) -> Iterator[str]:
    """The names whose lock nobody holds any more."""
    for alive in place.glob("*.alive"):
        with contextlib.suppress(OSError), alive.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if any((place / f"{kind}_{alive.stem}.db").exists() for kind in KINDS):
                yield alive.stem


@contextlib.contextmanager
def _held(place: Path, how: int) -> Iterator[None]:
    with (place / "lock").open("a") as lock:
        fcntl.flock(lock, how)
        yield
