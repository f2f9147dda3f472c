"""Doing something at a steady pace, on schedule even where one turn takes longer than the time to the next."""

import threading
import time
from collections.abc import Callable
from itertools import count

from django.db import connection as database

THREADS = 16


def steadily(rate: float, seconds: float, act: Callable[[int], None], threads: int = THREADS) -> float:
    """Calls act(0), act(1), ... `rate` times a second from several threads; returns how late the latest began, in s."""
    total, began = int(rate * seconds), time.monotonic() + 0.05
    numbers, latest = count(), [0.0]

    def turns() -> None:
        while (number := next(numbers)) < total:
            due = began + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            latest.append(time.monotonic() - due)
            act(number)

    side_by_side(turns, threads)
    return max(latest)


def side_by_side(act: Callable[[], None], threads: int) -> None:
    """Runs the same in several threads and waits for all; raises the first error of any.

    What they opened at the database is closed.
    """
    errors: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:
            errors.append(error)
        finally:
            database.close()

    running = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if errors:
        raise errors[0]
