"""TLS within a budget: every byte, also of handshakes and tickets, is fetched and counted by us.

OpenSSL on a socket of its own reads on for as long as records arrive that hold no data. A receiver that floods session
tickets would hold the thread past its deadline and have it read megabytes, and nothing in Python could interrupt that.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from happ_webhooks.wire.deadline import current
from happ_webhooks.wire.sockets import BudgetSocket, receive_into, send_some

T = TypeVar("T")

#: What one look at the socket fetches at most, and what is encrypted at a time.
PIECE: Final = 16 * 1024


class BudgetTLS:
    """The client's end of TLS over a connected socket, as far as http.client and urllib3 use one."""

    def __init__(self, sock: BudgetSocket, context: ssl.SSLContext, name: str | None) -> None:
        self._sock = sock
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=name)
        self._until_done(self._tls.do_handshake)

    @property
    def holds_unread(self) -> bool:
        """Whether something arrived that nobody asked for: on a kept connection it would pass for the next answer."""
        return self._arrived.pending > 0 or self._tls.pending() > 0

    def read_into(self, buffer: memoryview) -> int:
        """Bytes of the answer; 0 at its end, also where the receiver closed without a word, as many do."""
        try:
            return self._until_done(lambda: self._tls.read(len(buffer), buffer))  # type: ignore[return-value]
        except ssl.SSLEOFError:
            return 0

    def send(self, data: memoryview) -> int:
        return self._until_done(lambda: self._tls.write(data[:PIECE]))

    def makefile(self, mode: str) -> io.BufferedReader:
        """Holds the socket open for as long as the answer is read; the bytes come from `read_into`."""
        return self._sock.makefile("rb")

    def settimeout(self, seconds: float | None) -> None:
        self._sock.settimeout(seconds)

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()

    def _until_done(self, action: Callable[[], T]) -> T:
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                self._flush()
                self._fetch()
            except ssl.SSLError:
                with suppress(OSError):  # The alert that says why.
                    self._flush()
                raise
            else:
                self._flush()
                return result

    def _fetch(self) -> None:
        piece = memoryview(bytearray(PIECE))
        count = receive_into(self._sock, current.get(), piece)
        if count:
            self._arrived.write(piece[:count])
        else:
            self._arrived.write_eof()

    def _flush(self) -> None:
        rest = memoryview(self._leaving.read())
        while rest:
            rest = send_some(self._sock, current.get(), rest)


class BudgetTLSContext(ssl.SSLContext):
    """Makes urllib3's HTTPS connections speak BudgetTLS."""

    def wrap_socket(self, sock: BudgetSocket, *_: Any, server_hostname: str | None = None, **__: Any) -> Any:  # type: ignore[override]
        return BudgetTLS(sock, self, server_hostname)
