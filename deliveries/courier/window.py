"""The threads that POST. They touch no database: an order goes in, an answer comes out."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from deliveries.courier.owed import Answer

# Enough for every slot of a worker at full width; a thread is made when first needed and then kept.
_threads = ThreadPoolExecutor(max_workers=512, thread_name_prefix="window")


class Window:
    """What one courier has on the wire. Used by the courier's own thread alone."""

    def __init__(self) -> None:
        self._answers: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
        self._started: dict[int, float] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._started)

    def holds_older_than(self, moment: float) -> bool:
        """Whether a POST that began before a monotonic time is still on the wire."""
        return any(started < moment for started in self._started.values())

    def start(self, post: Callable[[], Answer]) -> None:
        self._number += 1
        self._started[self._number] = time.monotonic()
        _threads.submit(self._run, self._number, post)

    def _run(self, number: int, post: Callable[[], Answer]) -> None:
        self._answers.put((number, post()))

    def answers(self, timeout: float) -> list[Answer]:
        """What has come back; waits for the first at most `timeout` seconds."""
        found: list[Answer] = []
        try:
            self._take(found, self._answers.get(timeout=timeout))
            while True:
                self._take(found, self._answers.get_nowait())
        except Empty:
            return found

    def _take(self, found: list[Answer], answered: tuple[int, Answer]) -> None:
        number, answer = answered
        del self._started[number]
        found.append(answer)
