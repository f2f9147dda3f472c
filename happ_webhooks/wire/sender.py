"""The one module that speaks HTTP: a POST within a deadline, to public addresses only, come what may."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from time import monotonic
from typing import Final

import certifi
from requests import PreparedRequest, RequestException, Response

from happ_webhooks.wire import outcome
from happ_webhooks.wire.adapter import BudgetAdapter, prepare
from happ_webhooks.wire.deadline import Budget, current, milliseconds_since
from happ_webhooks.wire.faults import Fault, diagnose, is_stale, out_of_descriptors
from happ_webhooks.wire.outcome import Outcome, http_error
from happ_webhooks.wire.resolver import Resolve, Resolver
from happ_webhooks.wire.retry_after import parse_retry_after
from happ_webhooks.wire.target import Target, check_url
from happ_webhooks.wire.tls import BudgetTLSContext

log = logging.getLogger(__name__)

DEADLINE: Final = 5.0
#: A look at the body, so that a small answer leaves its connection fit for the next POST.
DRAIN_BYTES: Final = 2048
DRAIN_SECONDS: Final = 0.25
#: A kept connection shows at once that it is dead; later than this the receiver may have acted on the request.
STALE_SECONDS: Final = 1.0
MAY_ASK_TO_WAIT: Final = frozenset({429, 503})

_REDIRECT: Final = "The receiver answered with a redirect; enter the final URL, redirects are not followed."


class Sender:
    """Sends webhooks over kept connections; one serves all threads of a process, made after the fork.

    `deadline` is in seconds of wall clock and covers everything from the name to the headers of the answer.
    `allow_private` lets http and non-public addresses through. `ca_bundle` is a PEM file that replaces the public
    authorities. `resolve` stands in for socket.getaddrinfo(host, port, family, type) in tests.
    """

    def __init__(
        self,
        *,
        deadline: float = DEADLINE,
        allow_private: bool = False,
        ca_bundle: str | None = None,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._adapter = BudgetAdapter(
            _tls_context(ca_bundle or certifi.where()), Resolver(resolve, allow_private=allow_private)
        )

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """One POST and what it came to; never raises for what a receiver, a URL or a name server does."""
        budget = Budget(self._deadline)
        token = current.set(budget)
        try:
            response = self._send(url, headers, body, budget)
            _drain(response, budget)
            return _judged(response, budget)
        except Exception as error:
            return self._failed(error, url, budget)
        finally:
            current.reset(token)

    def close(self) -> None:
        """Closes the kept connections; those in use close when their POST ends."""
        self._adapter.close()

    def _send(self, url: str, headers: Mapping[str, str], body: bytes, budget: Budget) -> Response:
        request = prepare(_target(url, self._allow_private), headers, body)
        try:
            return self._send_once(request)
        except RequestException as error:
            if not is_stale(error, budget) or monotonic() - budget.started > STALE_SECONDS:
                raise
        # Once, within what is left, and not over another connection that may be just as dead.
        budget.fresh = True
        return self._send_once(request)

    def _send_once(self, request: PreparedRequest) -> Response:
        # Not a Session: that one keeps cookies, reads ~/.netrc, obeys proxies, and reads a redirect's body to its end.
        return self._adapter.send(request, stream=True, timeout=self._deadline, proxies={})

    def _failed(self, error: Exception, url: str, budget: Budget) -> Outcome:
        fault = diagnose(error, budget)
        if fault.code == outcome.INTERNAL:
            _log_our_fault(error, url)
            if out_of_descriptors(error):
                self.close()
        return _outcome(None, fault, None, budget)


@lru_cache(maxsize=1024)
def _target(url: str, allow_private: bool) -> Target:
    return check_url(url, allow_private=allow_private)


def _tls_context(ca_bundle: str) -> ssl.SSLContext:
    """Made once, because loading the authorities takes longer than a handshake; nothing of the environment counts."""
    context = BudgetTLSContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(cafile=ca_bundle)
    return context


def _drain(response: Response, budget: Budget) -> None:
    """The verdict stands; what happens to the body only decides whether the connection is kept."""
    if budget.keep_alive:
        budget.end = min(budget.end, monotonic() + DRAIN_SECONDS)
        with suppress(Exception):
            response.raw.read(DRAIN_BYTES, decode_content=False)
    with suppress(Exception):
        response.raw.close()


def _judged(response: Response, budget: Budget) -> Outcome:
    status = response.status_code
    if 200 <= status <= 299:
        return _outcome(status, None, None, budget)
    error = http_error(status)
    fault = Fault(error, _REDIRECT if error == outcome.REDIRECT else f"The receiver answered with status {status}.")
    wait = parse_retry_after(response.headers.get("retry-after")) if status in MAY_ASK_TO_WAIT else None
    return _outcome(status, fault, wait, budget)


def _outcome(status: int | None, fault: Fault | None, retry_after: float | None, budget: Budget) -> Outcome:
    return Outcome(
        status_code=status,
        error=fault.code if fault else None,
        detail=fault.detail if fault else "",
        response_ms=milliseconds_since(budget.started),
        dns_ms=budget.dns_ms,
        connect_ms=budget.connect_ms,
        tls_ms=budget.tls_ms,
        first_byte_ms=budget.first_byte_ms,
        retry_after=retry_after,
    )


def _log_our_fault(error: Exception, url: str) -> None:
    """Names and places only: the text of an exception may quote a header, and with it a password."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    origin = authority.rpartition("@")[2]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "A POST to %s failed by our own fault: %s in %s:%s", origin, type(error).__name__, frame.name, frame.lineno
    )
