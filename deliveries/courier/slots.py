"""How long a run may go on. A slot is kept for others only while they may want for one: giving it back costs as much
as sending several events (a release, a wake through the broker, a lease, a first look)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds of new work in one run, while many slots of this worker are taken and while few are.
SLICE, LONG_SLICE = 0.5, 2.0
#: Half of the slots that the Procfile gives a worker. The other half is free for whoever comes next.
FEW = 32


class _Slots:
    taken = 0
    lock = threading.Lock()


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
    """By what is taken at this moment: a long run ends soon after others come."""
    return LONG_SLICE if _Slots.taken <= FEW else SLICE
