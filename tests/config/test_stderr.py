"""Lines on standard error: what one write carries, and that no thread waits for another's."""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.stderr import IN_ONE_PIECE, StderrHandler


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Each write to the first is one message at the second."""
    ours, reader = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, reader:
        reader.settimeout(5)
        yield ours, reader


@contextmanager
def logger_to(descriptor: int) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.stderr")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    handler = StderrHandler(descriptor)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def writes(reader: socket.socket) -> list[bytes]:
    """What was written until now, a write each."""
    reader.setblocking(False)
    found = []
    while True:
        try:
            found.append(reader.recv(100_000))
        except BlockingIOError:
            return found


def test_lines_that_are_followed_by_more_go_with_the_last_by_one_write(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, reader = ends
    with logger_to(ours.fileno()) as log:
        log.info("first", extra={"more_follows": True})
        log.info("second", extra={"more_follows": True})
        assert writes(reader) == []

        log.info("third", extra={"more_follows": False})
        log.info("another")

    assert writes(reader) == [b"first\nsecond\nthird\n", b"another\n"]


def test_a_write_ends_with_a_line_and_is_no_longer_than_a_pipe_takes_in_one_piece(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, reader = ends
    lines = [str(number) * 999 for number in range(9)]
    with logger_to(ours.fileno()) as log:
        for line in lines:
            log.info(line, extra={"more_follows": line != lines[-1]})

    found = writes(reader)
    assert b"".join(found).decode().splitlines() == lines
    assert [len(each) for each in found] == [4000, 4000, 1000]
    assert IN_ONE_PIECE == 4096


def test_a_line_longer_than_that_is_whole(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, reader = ends
    with logger_to(ours.fileno()) as log:
        log.info("short", extra={"more_follows": True})
        log.info("x" * 20_000)

    assert writes(reader) == [b"short\n", b"x" * 20_000 + b"\n"]


def test_a_thread_whose_write_is_stuck_does_not_hold_up_another() -> None:
    out, into = os.pipe()
    with logger_to(into) as log:
        stuck = threading.Thread(target=log.info, args=("x" * 200_000,), daemon=True)
        stuck.start()
        assert os.read(out, 1) == b"x"
        other = threading.Thread(target=log.info, args=("y",), kwargs={"extra": {"more_follows": True}}, daemon=True)
        other.start()
        other.join(5)
        ended, was_stuck = not other.is_alive(), stuck.is_alive()

        while stuck.is_alive():
            os.read(out, 100_000)
            stuck.join(0.01)
    os.close(out)
    os.close(into)
    assert (ended, was_stuck) == (True, True)


def test_what_is_no_text_is_written_all_the_same(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, reader = ends
    # Not by a logger: the test run collects what those are told, and cannot pass this on.
    StderrHandler(ours.fileno()).handle(logging.makeLogRecord({"msg": "half of a pair: \ud83d"}))

    assert writes(reader) == [b"half of a pair: \\ud83d\n"]
