"""How long a run may go on. Its slot is given back early only while others may want it: that costs as much as sending
several events (a release, a wake through the broker, a lease, a first look)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds of new work in one run, while many slots of this worker are taken and while few are.
SLICE, LONG_SLICE = 0.5, 2.0


class _Slots:
    of_worker = 64
    taken = 0
    lock = threading.Lock()


def count(of_worker: int) -> None:
    """How many this worker has, by its own word; else as many as the Procfile gives one."""
    _Slots.of_worker = of_worker


@contextmanager
def one_taken() -> Iterator[None]:
    """Around a visit."""
    with _Slots.lock:
        _Slots.taken += 1
    try:
        yield
    finally:
        with _Slots.lock:
            _Slots.taken -= 1


def slice_seconds() -> float:
    """Long while half of the slots are free, at this moment: a long run ends soon after others come."""
    return LONG_SLICE if _Slots.taken * 2 <= _Slots.of_worker else SLICE
