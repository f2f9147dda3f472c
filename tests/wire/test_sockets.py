"""Reading and writing within a budget, on a socket that never waits by itself."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from happ_webhooks.wire.deadline import AnswerTooLongError, Budget
from happ_webhooks.wire.sockets import BudgetSocket, receive_into, send_some

MUCH = memoryview(b"x" * 16 * 1024 * 1024)


@pytest.fixture
def ends() -> Iterator[tuple[BudgetSocket, socket.socket]]:
    """Ours, connected to somebody else's."""
    with socket.create_server(("127.0.0.1", 0)) as listening, BudgetSocket() as ours:
        ours.connect_within(5, listening.getsockname())
        theirs, _ = listening.accept()
        with theirs:
            yield ours, theirs


def read(ours: BudgetSocket, budget: Budget) -> bytes:
    buffer = memoryview(bytearray(8192))
    return bytes(buffer[: receive_into(ours, budget, buffer)])


def send_all(ours: BudgetSocket, budget: Budget, rest: memoryview) -> None:
    while rest:
        rest = send_some(ours, budget, rest)


def test_no_timeout_that_is_set_later_makes_it_wait_by_itself(ends: tuple[BudgetSocket, socket.socket]) -> None:
    ours, _ = ends
    ours.settimeout(5)
    assert ours.gettimeout() == 0
    with pytest.raises(BlockingIOError):
        ours.recv(1)


def test_what_comes_late_but_in_time_is_read(ends: tuple[BudgetSocket, socket.socket]) -> None:
    ours, theirs = ends
    budget = Budget(5)
    threading.Timer(0.1, theirs.sendall, [b"HTTP/1.1 200 OK"]).start()
    assert read(ours, budget) == b"HTTP/1.1 200 OK"
    assert budget.bytes_left == 128 * 1024 - 15


def test_nothing_is_awaited_longer_than_the_budget_lasts(ends: tuple[BudgetSocket, socket.socket]) -> None:
    ours, _ = ends
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        read(ours, Budget(0.2))
    assert 0.2 <= time.monotonic() - began < 1


def test_no_more_is_read_than_the_budget_allows(ends: tuple[BudgetSocket, socket.socket]) -> None:
    ours, theirs = ends
    budget = Budget(5)
    budget.bytes_left = 4
    theirs.sendall(b"HTTP/1.1")
    assert read(ours, budget) == b"HTTP"
    with pytest.raises(AnswerTooLongError):
        read(ours, budget)


def test_the_end_of_the_answer_is_told(ends: tuple[BudgetSocket, socket.socket]) -> None:
    ours, theirs = ends
    theirs.close()
    assert read(ours, Budget(5)) == b""


def test_what_does_not_fit_is_awaited_no_longer_than_the_budget_lasts(
    ends: tuple[BudgetSocket, socket.socket],
) -> None:
    ours, _ = ends
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        send_all(ours, Budget(0.3), MUCH)
    assert 0.3 <= time.monotonic() - began < 1


def test_what_did_not_fit_goes_out_as_the_receiver_reads_on(ends: tuple[BudgetSocket, socket.socket]) -> None:
    ours, theirs = ends
    received: list[int] = []

    def take() -> None:
        while sum(received) < len(MUCH):
            received.append(len(theirs.recv(1024 * 1024)))

    reading = threading.Timer(0.2, take)
    reading.start()
    send_all(ours, Budget(30), MUCH)
    reading.join()
    assert sum(received) == len(MUCH)
