"""What an exception of a POST means: a code for programs and a sentence of our own for people."""

from __future__ import annotations

import errno
import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import urllib3.exceptions

from happ_webhooks.wire import outcome
from happ_webhooks.wire.deadline import AnswerTooLongError, Budget
from happ_webhooks.wire.resolver import Blocked, Unresolved
from happ_webhooks.wire.target import TargetRefused


@dataclass(frozen=True, slots=True)
class Fault:
    code: str
    detail: str


#: Faults of our own machine: out of descriptors, memory, buffers or local ports.
_OUR_OWN: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL})
_OUT_OF_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})
_UNREACHABLE: Final = frozenset(
    {
        *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENONET),
        *(errno.EACCES, errno.EPERM, errno.EPROTO, errno.ENOPROTOOPT, errno.EAFNOSUPPORT),
    }
)
_CLOSED_ON_US: Final = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)

_INTERNAL: Final = Fault(outcome.INTERNAL, "HAPP could not send this; the fault is ours.")
_BAD_RESPONSE: Final = Fault(outcome.BAD_RESPONSE, "The receiver's answer is not valid HTTP.")
_TOO_LONG: Final = Fault(outcome.BAD_RESPONSE, "The receiver's answer has too many or too long headers.")
_BLOCKED: Final = Fault(outcome.BLOCKED, "The URL leads to a private or reserved address.")
_DNS: Final = Fault(outcome.DNS, "The host name cannot be found.")
_REFUSED: Final = Fault(outcome.REFUSED, "The receiver refused the connection.")
_NO_ROUTE: Final = Fault(outcome.REFUSED, "The receiver's address cannot be reached.")
_RESET: Final = Fault(outcome.RESET, "The receiver closed the connection without an answer.")

_TIMEOUT: Final = Fault(outcome.TIMEOUT, "")

#: The first row that fits counts.
_BY_TYPE: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Fault], ...]] = (
    (Blocked, _BLOCKED),
    (Unresolved, _DNS),
    (MemoryError, _INTERNAL),
    (TimeoutError, _TIMEOUT),
    (ConnectionRefusedError, _REFUSED),
    (ConnectionError, _RESET),
    ((AnswerTooLongError, http.client.LineTooLong), _TOO_LONG),
    ((http.client.HTTPException, urllib3.exceptions.InvalidHeader), _BAD_RESPONSE),
)

#: OpenSSL's X509_V_ERR numbers.
_CERTIFICATE: Final = {
    9: "The receiver's certificate is not valid yet.",
    10: "The receiver's certificate has expired.",
    18: "The receiver's certificate is self-signed.",
    19: "The receiver's certificate is self-signed.",
    62: "The receiver's certificate is for another name.",
    64: "The receiver's certificate is for another name.",
}
_UNTRUSTED: Final = "The receiver's certificate is not from a trusted authority, or its chain is incomplete."
_HANDSHAKE: Final = "The TLS handshake with the receiver failed."

_WAITED_FOR: Final = {
    "resolve": "The host name was not resolved in time.",
    "connect": "The receiver did not take the connection in time.",
    "tls": "The receiver did not finish the TLS handshake in time.",
    "send": "The receiver did not take the request in time.",
    "answer": "The receiver did not answer in time.",
}


def diagnose(error: Exception, budget: Budget) -> Fault:
    """The fault behind an exception that ended a POST.

    Past the deadline it is a TIMEOUT however it surfaced: a socket that is cut off looks like many things.
    """
    fault = next(filter(None, (_known(cause, budget) for cause in _chain(error))), None) or _unknown(error, budget)
    if fault.code == outcome.TIMEOUT or (budget.spent and fault.code not in (outcome.INTERNAL, outcome.BLOCKED)):
        return Fault(outcome.TIMEOUT, _WAITED_FOR[budget.stage])
    return fault


def is_stale(error: Exception, budget: Budget) -> bool:
    """Whether the receiver had closed a kept connection just as this POST went out on it, so that nothing was lost."""
    return budget.reused and not budget.answered and any(isinstance(cause, _CLOSED_ON_US) for cause in _chain(error))


def is_ours(error: OSError) -> bool:
    """Whether our own machine is at fault: out of descriptors, memory, buffers or addresses."""
    return error.errno in _OUR_OWN


def out_of_descriptors(error: Exception) -> bool:
    return any(isinstance(cause, OSError) and cause.errno in _OUT_OF_DESCRIPTORS for cause in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it came from: requests and urllib3 wrap what happened two or three times."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _known(error: BaseException, budget: Budget) -> Fault | None:
    if isinstance(error, TargetRefused):
        return Fault(outcome.BLOCKED, error.detail)
    if isinstance(error, ssl.SSLError):
        return _tls(error, budget)
    by_type = (fault for types, fault in _BY_TYPE if isinstance(error, types))
    return next(by_type, None) or _by_errno(error)


def _tls(error: ssl.SSLError, budget: Budget) -> Fault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault(outcome.TLS, _CERTIFICATE.get(error.verify_code, _UNTRUSTED))
    return Fault(outcome.TLS, _HANDSHAKE) if budget.stage == "tls" else _RESET


def _by_errno(error: BaseException) -> Fault | None:
    if not isinstance(error, OSError):
        return None
    if is_ours(error):
        return _INTERNAL
    return _NO_ROUTE if error.errno in _UNREACHABLE else None


def _unknown(error: Exception, budget: Budget) -> Fault:
    """No exception that we foresaw: the receiver's doing if its answer was being read, else ours."""
    return _BAD_RESPONSE if budget.answered else _INTERNAL
