"""Scripted receivers on loopback: raw sockets that answer, drip, flood, hang and break as a script says."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Handler = Callable[[socket.socket, "Receiver"], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Receiver:
    """A listening socket and what has arrived at it. `stop` ends the scripts that never end by themselves.

    `faults` are the scripts' own: they fail the test whose receiver it is, not one that happens to run later.
    """

    port: int
    scheme: str = "http"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    faults: list[Exception] = field(default_factory=list)

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def receiver(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        it = Receiver(listener.getsockname()[1], "https" if tls else "http")
        threading.Thread(target=_accept, args=(listener, handler, it, tls), daemon=True).start()
        try:
            yield it
        finally:
            it.stop.set()
            # Wakes the accept, which closing alone would not.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
        if it.faults:
            raise it.faults[0]


def _accept(listener: socket.socket, handler: Handler, it: Receiver, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        it.connections += 1
        threading.Thread(target=_serve, args=(connection, handler, it, tls), daemon=True).start()


def _serve(connection: socket.socket, handler: Handler, it: Receiver, tls: ssl.SSLContext | None) -> None:
    with connection:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                connection = tls.wrap_socket(connection, server_side=True)
            with connection:
                handler(connection, it)
        except OSError:
            return
        except Exception as fault:
            it.faults.append(fault)


def read_request(connection: socket.socket, it: Receiver) -> bool:
    """Reads one whole request and keeps it; False when the sender has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return False
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        if not (more := connection.recv(65536)):
            return False
        body += more
    it.requests.append(head + b"\r\n\r\n" + body)
    return True


def answer(*answers: bytes) -> Handler:
    """Answers the requests of a connection one by one, the last answer over and over, and keeps it open."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        turn = 0
        while read_request(connection, it):
            connection.sendall(answers[min(turn, len(answers) - 1)])
            turn += 1

    return handle


def answer_and_close(data: bytes) -> Handler:
    def handle(connection: socket.socket, it: Receiver) -> None:
        read_request(connection, it)
        connection.sendall(data)

    return handle


def drip(data: bytes, prefix: bytes = b"", every: float = 0.1) -> Handler:
    """Sends the prefix at once and then one byte at a time, for ever."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        read_request(connection, it)
        connection.sendall(prefix)
        while True:
            for byte in data:
                connection.sendall(bytes([byte]))
                if it.stop.wait(every):
                    return

    return handle


def flood(data: bytes, prefix: bytes = b"", every: float = 0.0) -> Handler:
    """Sends the prefix once and the data over and over, as fast as it is taken or once in a while."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        read_request(connection, it)
        connection.sendall(prefix)
        while not it.stop.wait(every):
            connection.sendall(data)

    return handle


def flood_at_once(data: bytes) -> Handler:
    """Waits for the first bytes of anything and sends the data over and over."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        connection.recv(65536)
        while not it.stop.is_set():
            connection.sendall(data)

    return handle


def silent(connection: socket.socket, it: Receiver) -> None:
    read_request(connection, it)
    it.stop.wait(30)


def stops_after(prefix: bytes) -> Handler:
    def handle(connection: socket.socket, it: Receiver) -> None:
        read_request(connection, it)
        connection.sendall(prefix)
        it.stop.wait(30)

    return handle


def never_reads(connection: socket.socket, it: Receiver) -> None:
    it.stop.wait(30)


def reads_a_little_now_and_then(connection: socket.socket, it: Receiver) -> None:
    while not it.stop.wait(0.05):
        if not connection.recv(262144):
            return


def drip_tls(connection: socket.socket, it: Receiver) -> None:
    """The header of a TLS record that never becomes one."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x3f\xff")
    while not it.stop.wait(0.1):
        connection.sendall(b"\x00")


def reset(connection: socket.socket, it: Receiver) -> None:
    read_request(connection, it)
    linger_zero(connection)


def reset_at_once(connection: socket.socket, it: Receiver) -> None:
    linger_zero(connection)


def reset_amid_the_request(connection: socket.socket, it: Receiver) -> None:
    connection.recv(100)
    linger_zero(connection)


def reset_after(prefix: bytes) -> Handler:
    def handle(connection: socket.socket, it: Receiver) -> None:
        read_request(connection, it)
        connection.sendall(prefix)
        linger_zero(connection)

    return handle


def half_close(prefix: bytes = b"") -> Handler:
    """Ends its own side of the connection, and goes on listening for more than anybody says."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        read_request(connection, it)
        connection.sendall(prefix)
        connection.shutdown(socket.SHUT_WR)
        it.stop.wait(30)

    return handle


def accepts_and_hangs(connection: socket.socket, it: Receiver) -> None:
    it.stop.wait(30)


def answers_early(data: bytes, *, stay: bool) -> Handler:
    """Answers after the first bytes of the request; then closes on the rest, or stays and reads none of it."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        connection.recv(100)
        connection.sendall(data)
        if stay:
            it.stop.wait(30)

    return handle


def linger_zero(connection: socket.socket) -> None:
    """Closing sends an RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_early(connection: socket.socket, it: Receiver) -> None:
    read_request(connection, it)


def redirect_to(location: str) -> Handler:
    return answer(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def never_accepts() -> Iterator[int]:
    """A port on which the kernel takes connections and no program ever does."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@contextmanager
def blackhole() -> Iterator[int]:
    """A port whose queue of waiting connections is full: the kernel drops every further SYN."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        time.sleep(0.05)
        yield listener.getsockname()[1]


def answers_with(*addresses: str, after: float = 0.0) -> Callable[..., list[object]]:
    """A name server: every name has these addresses, each `ip` or `ip:port`, told after a while."""

    def resolve(host: str, port: int, family: int, kind: int) -> list[object]:
        time.sleep(after)
        found: list[object] = []
        for address in addresses:
            ip, _, own_port = address.partition("@")
            version = socket.AF_INET6 if ":" in ip else socket.AF_INET
            found.append((version, kind, 6, "", (ip, int(own_port or port))))
        return found

    return resolve
