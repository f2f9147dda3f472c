"""What the machine itself takes: a bound on time is the product's, and nobody else's sleep is on time either.

A thread asks for the time over and over and adds up how late it gets it. Under a product that hangs it is on time all
the same, so a bound to which it is added still fails.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EVERY = 0.005


class Lateness:
    """Seconds by which this process was held up, in all."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        asked = time.monotonic()
        while not self._over.wait(EVERY):
            woke = time.monotonic()
            self.seconds += max(0.0, woke - asked - 2 * EVERY)
            asked = time.monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def lateness() -> Iterator[Lateness]:
    """How late this process is within the block."""
    late = Lateness()
    late.start()
    try:
        yield late
    finally:
        late.stop()
