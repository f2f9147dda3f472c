"""A receiver that is never the limit, a process of its own: `python -m bench.stage.receiver ADDRESSES READY_FILE`.

It listens on that many loopback addresses, as if each customer had a host of their own, answers from one loop without a
framework, and notes when each POST came. The ready file gets {"port": ...}.
"""

import contextlib
import re
import select
import socket
import sys
from pathlib import Path
from typing import Final

from bench.stage.inbox import Inbox
from config.demo.folder import write_json

LENGTH: Final = re.compile(rb"content-length: ?(\d+)", re.IGNORECASE)
END: Final = b"\r\n\r\n"


class Receiver:
    """Doors are numbered like the addresses; a door that refuses is closed, and so is what came in by it."""

    def __init__(self, addresses: int) -> None:
        self.port = 0
        self._inbox = Inbox()
        self._poll = select.epoll()
        self._doors: dict[int, tuple[socket.socket, int]] = {}
        self._open: dict[int, tuple[socket.socket, int, bytes]] = {}
        for number in range(addresses):
            self._listen(number)
        self._all = set(range(addresses))

    def _listen(self, number: int) -> None:
        door = socket.create_server((f"127.0.1.{number + 1}", self.port), backlog=1024)
        self.port = door.getsockname()[1]
        door.setblocking(False)
        self._doors[door.fileno()] = (door, number)
        self._poll.register(door, select.EPOLLIN)

    def serve(self) -> None:
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._open:
                    self._read(descriptor)
                elif descriptor in self._doors:
                    self._accept(*self._doors[descriptor])

    def _accept(self, door: socket.socket, number: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _ = door.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setblocking(False)
                self._open[sock.fileno()] = (sock, number, b"")
                self._poll.register(sock, select.EPOLLIN)

    def _read(self, descriptor: int) -> None:
        sock, number, unread = self._open[descriptor]
        try:
            data = sock.recv(262_144)
        except OSError:
            data = b""
        if not data:
            del self._open[descriptor]
            sock.close()
            return
        unread, answers = self._answers(unread + data)
        self._open[descriptor] = (sock, number, unread)
        if answers:
            _send(sock, answers)

    def _answers(self, unread: bytes) -> tuple[bytes, bytes]:
        """What is left of the requests, and the answers to those that are whole."""
        answers = b""
        while (end := unread.find(END)) >= 0:
            size = LENGTH.search(unread, 0, end)
            stop = end + len(END) + (int(size[1]) if size else 0)
            if len(unread) < stop:
                break
            head = unread[: end + 2]
            if head.startswith(b"POST /"):
                answers += self._inbox.take(head)
            else:
                answers += self._inbox.control(head.decode("latin-1").partition(" HTTP/")[0], unread[end + 4 : stop])
                self._close_and_open()
            unread = unread[stop:]
        return unread, answers

    def _close_and_open(self) -> None:
        wanted = self._all - self._inbox.refusing
        for descriptor, (door, number) in list(self._doors.items()):
            if number not in wanted:
                del self._doors[descriptor]
                door.close()
        for descriptor, (sock, number, _) in list(self._open.items()):
            if number not in wanted:
                del self._open[descriptor]
                sock.close()
        for number in wanted - {number for _, number in self._doors.values()}:
            self._listen(number)


def _send(sock: socket.socket, data: bytes) -> None:
    """All of it, which only a list of arrivals makes worth a wait."""
    with contextlib.suppress(OSError):
        sock.settimeout(5)
        sock.sendall(data)
        sock.setblocking(False)


if __name__ == "__main__":
    receiver = Receiver(int(sys.argv[1]))
    write_json(Path(sys.argv[2]), {"port": receiver.port})
    receiver.serve()
