"""Reading and writing within a budget, by as few system calls as can be.

A thread gives up the interpreter for each and gets it back when another lets go. A socket with a timeout of its own
takes nine for one POST: it is set anew before each read and write, and asked twice whether it is ready.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from urllib3.util.wait import wait_for_read, wait_for_write

from happ_webhooks.wire.deadline import AnswerTooLongError, Budget


class BudgetSocket(socket.socket):
    """Never waits once it is connected: whoever reads or writes does, as long as the budget allows."""

    def connect_within(self, seconds: float, address: Any) -> None:
        super().settimeout(seconds)
        self.connect(address)
        super().settimeout(0)

    def settimeout(self, value: float | None) -> None:
        """urllib3 sets one before each answer, and the socket would wait by itself again."""


def receive_into(sock: socket.socket, budget: Budget, buffer: memoryview) -> int:
    """What has arrived, within the time and the bytes that the budget has left; 0 when the receiver has closed."""
    if budget.bytes_left <= 0:
        raise AnswerTooLongError
    while wait_for_read(sock, budget.left()):
        # What made it ready may have been thrown away meanwhile: a piece that came damaged.
        with suppress(BlockingIOError):
            count = sock.recv_into(buffer[: budget.bytes_left])
            budget.bytes_left -= count
            return count
    raise TimeoutError


def send_some(sock: socket.socket, budget: Budget, data: memoryview) -> memoryview:
    """Sends what fits; returns the rest. A receiver that takes a little now and then does not start the clock anew."""
    left = budget.left()
    try:
        return data[sock.send(data) :]
    except BlockingIOError:
        if not wait_for_write(sock, left):
            raise TimeoutError from None
        return data
