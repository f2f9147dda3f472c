"""urllib3's connections, taught to live within a Budget.

What of urllib3 and http.client this leans on: `_new_conn`, `_dns_host`, `response_class`, `ConnectionCls`, `_get_conn`.
The hostile receivers of the tests tell when one of them moves.
"""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from happ_webhooks.wire.deadline import Budget, current, milliseconds_since
from happ_webhooks.wire.faults import is_ours
from happ_webhooks.wire.resolver import AddressInfo, Resolver
from happ_webhooks.wire.sockets import BudgetSocket, receive_into, send_some
from happ_webhooks.wire.tls import BudgetTLS


def connect(infos: list[AddressInfo], budget: Budget) -> BudgetSocket:
    """A connected socket to the first address that takes it; each try gets its share of what is left."""
    budget.stage = "connect"
    started = monotonic()
    failure: OSError | None = None
    try:
        for untried, info in zip(range(len(infos), 0, -1), infos, strict=True):
            try:
                return _connect_to(info, budget.left() / untried)
            except OSError as error:
                # Of a machine without IPv6 the receiver's other address says more.
                if failure is None or not is_ours(error):
                    failure = error
        raise failure or TimeoutError()
    finally:
        budget.connect_ms = milliseconds_since(started)


def _connect_to(info: AddressInfo, seconds: float) -> BudgetSocket:
    family, kind, protocol, _, address = info
    sock = BudgetSocket(family, kind, protocol)
    try:
        # The head and the body of a small request leave as one packet, at once.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect_within(seconds, address)
    except BaseException:
        sock.close()
        raise
    return sock


class MeteredReader(io.RawIOBase):
    """The bytes of one answer: every wait gets only the time, every read only the bytes, that the budget has left."""

    def __init__(self, held: io.RawIOBase, sock: BudgetSocket | BudgetTLS, budget: Budget) -> None:
        #: Keeps the socket open while the answer is read: http.client closes it before, where it will not be kept.
        self._held = held
        self._sock = sock
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        budget = self._budget
        view = memoryview(buffer)
        if isinstance(self._sock, BudgetTLS):
            count = self._sock.read_into(view)
        else:
            count = receive_into(self._sock, budget, view)
        if count and not budget.answered:
            budget.first_byte_ms = milliseconds_since(budget.sent_at)
        return count

    def close(self) -> None:
        if not self.closed:
            self._held.close()
        super().close()


class BudgetResponse(HTTPResponse):
    def __init__(self, sock: Any, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        reader = MeteredReader(self.fp.detach(), sock, current.get())
        self.fp = io.BufferedReader(reader)

    def begin(self) -> None:
        super().begin()
        # After a 1xx the real answer may still come: the next POST would take it for its own.
        current.get().keep_alive = self.status >= 200 and not self.will_close


class BudgetConnection(HTTPConnection):
    """Connects to checked addresses only, sends head and body in one piece, and never waits past its budget."""

    response_class = BudgetResponse
    resolver: Resolver
    _held: list[bytes] | None = None

    def __init__(self, *arguments: Any, resolver: Resolver, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.resolver = resolver

    def _new_conn(self) -> BudgetSocket:
        budget = current.get()
        infos = self.resolver.addresses(self._dns_host, self.port, budget)
        try:
            return connect(infos, budget)
        except ConnectionError as error:
            # Bare, urllib3 would take it for one of sending, and read an answer from a socket that is not there.
            raise NewConnectionError(self, type(error).__name__) from error

    def request(self, *arguments: Any, **named: Any) -> None:
        self._held = []
        try:
            super().request(*arguments, **named)
            request = b"".join(self._held)
        finally:
            self._held = None
        self.send(request)

    def send(self, data: Any) -> None:
        if self._held is not None:
            self._held.append(data)
            return
        if self.sock is None:
            self.connect()
        budget = current.get()
        budget.stage = "send"
        rest = memoryview(data)
        while rest:
            rest = send_some(self.sock, budget, rest)
        budget.sent_at = monotonic()
        budget.stage = "answer"


class BudgetTLSConnection(BudgetConnection, HTTPSConnection):
    def _new_conn(self) -> BudgetSocket:
        sock = super()._new_conn()
        budget = current.get()
        budget.stage = "tls"
        budget.connected_at = monotonic()
        return sock

    @property
    def is_connected(self) -> bool:
        """As the pool asks before it takes the connection again."""
        return super().is_connected and not (isinstance(self.sock, BudgetTLS) and self.sock.holds_unread)

    def connect(self) -> None:
        try:
            super().connect()
        finally:
            budget = current.get()
            if budget.stage == "tls":
                budget.tls_ms = milliseconds_since(budget.connected_at)


class BudgetPool(HTTPConnectionPool):
    ConnectionCls = BudgetConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return ready(super()._get_conn(timeout))


class BudgetTLSPool(HTTPSConnectionPool):
    ConnectionCls = BudgetTLSConnection

    def _get_conn(self, timeout: float | None = None) -> Any:
        return ready(super()._get_conn(timeout))


def ready(connection: Any) -> Any:
    """Notes in the budget whether a connection was open before; closes it first where it must not have been."""
    budget = current.get()
    if budget.fresh:
        connection.close()
    budget.reused = connection.sock is not None
    return connection
