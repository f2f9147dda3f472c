"""Doing things side by side for so long and no longer: no library's timeout covers name, connecting and answer."""

import threading
import time
from collections.abc import Callable


def within(seconds: float, *acts: Callable[[], object]) -> None:
    """Comes back when all have ended or the time is over; what is not done by then is left behind.

    What an act finds it notes itself, and what it raises it must catch.
    """
    threads = [threading.Thread(target=act, name="probe", daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def milliseconds_since(started: float) -> int:
    """Since a moment of the monotonic clock."""
    return round((time.monotonic() - started) * 1000)
