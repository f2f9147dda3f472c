"""Standard error for many threads: several lines by one write, and no lock around it.

A thread that writes gives up the interpreter, and waits until it gets it back. Under the lock that `logging` would hold
meanwhile, all others that log wait as well: beside twenty busy couriers each line took 20 ms.
"""

import logging
import os
import select
import threading
from collections.abc import Iterable, Iterator

#: The bytes that a pipe takes as one piece, whoever else writes to it.
IN_ONE_PIECE = select.PIPE_BUF
STDERR = 2


class StderrHandler(logging.Handler):
    """Writes a line for each record; one with `more_follows` waits for the next of its thread, to go with it."""

    def __init__(self, descriptor: int = STDERR) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._of_thread = threading.local()

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the lock: a thread's lines are its own until they are written."""
        wanted = bool(self.filter(record))
        if wanted:
            self.emit(record)
        return wanted

    def emit(self, record: logging.LogRecord) -> None:
        try:
            waiting: list[bytes] = vars(self._of_thread).setdefault("lines", [])
            waiting.append(f"{self.format(record)}\n".encode(errors="backslashreplace"))
            if not getattr(record, "more_follows", False):
                self._of_thread.lines = []
                self._write(waiting)
        except Exception:
            self.handleError(record)

    def _write(self, lines: Iterable[bytes]) -> None:
        for piece in _pieces(lines):
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """As many whole lines as go in one piece; a longer line alone."""
    piece = b""
    for line in lines:
        if piece and len(piece) + len(line) > IN_ONE_PIECE:
            yield piece
            piece = b""
        piece += line
    yield piece
