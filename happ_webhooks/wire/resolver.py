"""From a host name to the checked addresses that a connection may go to, and no others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from happ_webhooks.wire.addresses import is_public, parse_address
from happ_webhooks.wire.deadline import Budget, milliseconds_since

#: One row of getaddrinfo: family, type, protocol, canonical name, socket address.
AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
#: `socket.getaddrinfo`, called with host, port, family and type.
Resolve = Callable[[str, int, int, int], list[Any]]

#: More would leave each of them too little of the budget to connect in.
MOST_ADDRESSES: Final = 8


class Blocked(Exception):
    """The name leads to an address that is not public.

    Deliberately no OSError and no RequestException: urllib3 and requests would wrap it as a broken connection.
    """


class Unresolved(Exception):
    """The name leads nowhere."""


class Resolver:
    """Looks names up within a budget and refuses what is not public."""

    def __init__(self, resolve: Resolve, *, allow_private: bool) -> None:
        self._resolve = resolve
        self._allow_private = allow_private

    def addresses(self, host: str, port: int, budget: Budget) -> list[AddressInfo]:
        """Where to connect to, in the resolver's order.

        One bad address condemns the whole name: a mixed answer is an attack or a mistake, and both deserve to be seen.
        """
        budget.stage = "resolve"
        started = monotonic()
        try:
            found = self._look_up(host, port, budget)
        finally:
            budget.dns_ms = milliseconds_since(started)
        if not self._allow_private and not all(is_public(str(address[0])) for *_, address in found):
            raise Blocked
        if not found:
            raise Unresolved
        return found[:MOST_ADDRESSES]

    def _look_up(self, host: str, port: int, budget: Budget) -> list[AddressInfo]:
        """getaddrinfo knows no timeout, so it runs in a thread that can be left behind."""
        found: list[AddressInfo] = []
        failed: list[Exception] = []
        name = host if self._allow_private or parse_address(host) else _absolute(host)

        def look_up() -> None:
            try:
                found.extend(dict.fromkeys(self._resolve(name, port, 0, socket.SOCK_STREAM)))
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=look_up, name="webhook-dns", daemon=True)
        thread.start()
        thread.join(budget.left())
        if thread.is_alive():
            raise TimeoutError("The name was not resolved in time.")
        if failed and isinstance(failed[0], (socket.gaierror, UnicodeError)):
            raise Unresolved from failed[0]
        if failed:
            raise failed[0]
        return found


def _absolute(host: str) -> str:
    """With its dot at the end a name is never completed with the search domains of our own network."""
    return f"{host}."
