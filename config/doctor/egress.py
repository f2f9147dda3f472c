"""Does the guard refuse what is not the public internet? The sender that couriers use is asked itself."""

import socket
from collections.abc import Iterator
from typing import Final

from django.conf import settings

from config.doctor.asked import Asked
from config.findings import Finding
from deliveries.sending import sender
from happ_webhooks.wire.outcome import BLOCKED
from happ_webhooks.wire.resolver import Resolve
from happ_webhooks.wire.sender import Sender

#: Loopback, private networks and the metadata services of clouds, in several spellings.
INNER: Final = (
    *("https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://[::ffff:127.0.0.1]/"),
    *("https://localhost/", "https://10.0.0.1/", "https://169.254.169.254/", "https://[fd00:ec2::254]/"),
    "https://168.63.129.16/",
)
#: What a name leads to.
ANSWERS: Final = ("127.0.0.1", "10.0.0.1", "169.254.169.254")
NAMED: Final = "https://guard.example.com/"
LIMIT_SECONDS = 1.0


def examine(asked: Asked) -> Iterator[Finding]:
    if settings.HAPP_ALLOW_PRIVATE_TARGETS:
        yield Finding(
            "Egress guard",
            "error" if settings.HAPP_PRODUCTION else "warning",
            "It is off: HAPP_ALLOW_PRIVATE_TARGETS is 1, so that webhooks may go to this network.",
            "Unset HAPP_ALLOW_PRIVATE_TARGETS, unless nobody but you uses this.",
        )
        return
    passed = [*_by_address(), *_by_name()]
    if passed:
        yield Finding(
            "Egress guard",
            "error",
            f"It lets requests through to {', '.join(passed)}.",
            "Stop the workers: this release must not send. Go back to the one before.",
        )
    else:
        refused = f"{len(INNER)} addresses and {len(ANSWERS)} names"
        yield Finding("Egress guard", "ok", f"It refused {refused} that lead inward.")


def _by_address() -> Iterator[str]:
    for url in INNER:
        if sender().post(url, {}, b"{}").error != BLOCKED:
            yield url


def _by_name() -> Iterator[str]:
    for address in ANSWERS:
        guarded = Sender(deadline=LIMIT_SECONDS, resolve=_answering(address))
        if guarded.post(NAMED, {}, b"{}").error != BLOCKED:
            yield f"a name that leads to {address}"


def _answering(address: str) -> Resolve:
    """A resolver with one answer."""
    return lambda host, port, family, kind: [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
    ]
