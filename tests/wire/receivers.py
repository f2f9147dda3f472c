"""Scripted receivers on loopback: raw sockets that answer, drip, flood, hang and break as a script says."""

from __future__ import annotations

import contextlib
import gzip
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
    """A listening socket and what has arrived at it. `stop` ends the scripts that never end by themselves."""

    port: int
    scheme: str = "http"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

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


def _accept(listener: socket.socket, handler: Handler, it: Receiver, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        it.connections += 1
        threading.Thread(target=_serve, args=(connection, handler, it, tls), daemon=True).start()


def _serve(connection: socket.socket, handler: Handler, it: Receiver, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection:
            handler(connection, it)


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
        body += connection.recv(65536)
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


def silent(connection: socket.socket, it: Receiver) -> None:
    read_request(connection, it)
    it.stop.wait(30)


def never_reads(connection: socket.socket, it: Receiver) -> None:
    it.stop.wait(30)


def reads_a_little_now_and_then(connection: socket.socket, it: Receiver) -> None:
    while not it.stop.wait(0.05):
        connection.recv(262144)


def drip_tls(connection: socket.socket, it: Receiver) -> None:
    """The header of a TLS record that never becomes one."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x3f\xff")
    while not it.stop.wait(0.1):
        connection.sendall(b"\x00")


def reset(connection: socket.socket, it: Receiver) -> None:
    read_request(connection, it)
    linger_zero(connection)


def linger_zero(connection: socket.socket) -> None:
    """Closing sends an RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_early(connection: socket.socket, it: Receiver) -> None:
    read_request(connection, it)


def redirect_to(location: str) -> Handler:
    return answer(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


def gzip_bomb() -> bytes:
    """16 MiB of zeros; a sender that decompressed it would hold them in memory."""
    body = gzip.compress(bytes(16 * 1024 * 1024))
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


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


HEAD_200 = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD_200 + b"Transfer-Encoding: chunked\r\n\r\n"

#: Name of the case -> (script, the error it comes to). All over plain HTTP on one address.
HOSTILE: dict[str, tuple[Handler, str | None]] = {
    "status line drips": (drip(b"HTTP/1.1 200 OK "), "TIMEOUT"),
    "headers drip": (drip(b"x-a: b\r\n", HEAD_200), "TIMEOUT"),
    "body drips": (drip(b"a", HEAD_200 + b"Content-Length: 1000\r\n\r\n"), None),
    "endless chunks drip": (flood(b"1\r\na\r\n", CHUNKED, every=0.1), None),
    "endless chunks": (flood(b"400\r\n" + b"a" * 1024 + b"\r\n", CHUNKED), None),
    "100 flood": (flood(b"HTTP/1.1 100 Continue\r\n\r\n" * 64), "BAD_RESPONSE"),
    "100 now and then": (flood(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.1), "TIMEOUT"),
    "103 flood": (flood(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 64), "HTTP_103"),
    "endless body": (flood(b"a" * 65536, HEAD_200 + b"\r\n"), None),
    "endless body on a redirect": (flood(b"a" * 65536, b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"), "REDIRECT"),
    "gzip bomb": (answer(gzip_bomb()), None),
    "gzip bomb on a redirect": (answer(gzip_bomb().replace(b"200 OK", b"302 Found")), "REDIRECT"),
    "silent": (silent, "TIMEOUT"),
    "reset": (reset, "RESET"),
    "closes early": (close_early, "RESET"),
    "huge header line": (flood(b"a" * 65536, HEAD_200 + b"x: "), "BAD_RESPONSE"),
    "endless short headers": (flood(b"x: y\r\n" * 64, HEAD_200), "BAD_RESPONSE"),
    "endless headers of a 100": (flood(b"x: " + b"y" * 60000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n"), "BAD_RESPONSE"),
    "101 headers": (answer(HEAD_200 + b"x: y\r\n" * 101 + b"\r\n"), "BAD_RESPONSE"),
    "garbage": (answer_and_close(b"\x00\xff\xfe garbage\r\n\r\n"), "BAD_RESPONSE"),
    "ssh banner": (answer_and_close(b"SSH-2.0-OpenSSH_9.2\r\n"), "BAD_RESPONSE"),
    "HTTP/0.9": (answer_and_close(b"<html>hello</html>"), "BAD_RESPONSE"),
    "HTTP/2 status": (answer_and_close(b"HTTP/2 200 OK\r\n\r\n"), "BAD_RESPONSE"),
    "status out of range": (answer_and_close(b"HTTP/1.1 20 OK\r\n\r\n"), "BAD_RESPONSE"),
    "closes in mid headers": (answer_and_close(HEAD_200 + b"x-a: b\r\nx-"), None),
    "bad chunks": (answer(CHUNKED + b"zz\r\nhello\r\n"), None),
    "short body": (answer_and_close(HEAD_200 + b"Content-Length: 100\r\n\r\nshort"), None),
    "header line without colon": (answer_and_close(HEAD_200 + b"no colon here\r\nContent-Length: 2\r\n\r\nok"), None),
    "two lengths": (answer_and_close(HEAD_200 + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"), "BAD_RESPONSE"),
    "never reads": (never_reads, "TIMEOUT"),
    "reads a little now and then": (reads_a_little_now_and_then, "TIMEOUT"),
}
