"""Is a receiver reached from here? A ping as couriers send it, signed with a secret of the moment."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from config.doctor.asked import Asked
from config.findings import Finding
from deliveries.sending import Destination
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.request import parse_auth
from happ_webhooks.wire.signature import new_signing_secret

NOBODYS = "ws_doctor"
WAY_OUT = "Is this host let out? Look at its firewall, route and NAT."
FIXES: Final = {
    codes.DNS: "Look at this host's name server: getent hosts must find the name.",
    codes.TLS: "Look at the receiver's certificate, and at HAPP_CA_BUNDLE if it is set.",
    codes.BLOCKED: "Give a URL that can be reached from the internet.",
}


def examine(asked: Asked) -> Iterator[Finding]:
    for url in asked.reach:
        destination = Destination(
            workspace_id=NOBODYS,
            url=url,
            password=None,
            auth=parse_auth({"scheme": "bearer"}),
            secrets=(new_signing_secret(),),
        )
        yield _judged(f"Reach {_host(url)}", destination.ping(datetime.now(UTC)))


def _host(url: str) -> str:
    """Alone: the rest of an URL may be a secret."""
    try:
        return urlsplit(url).hostname or "the URL"
    except ValueError:
        return "the URL"


def _judged(name: str, outcome: Outcome) -> Finding:
    if outcome.error is None:
        return Finding(name, "ok", f"It answered {outcome.status_code} in {outcome.response_ms} ms.")
    if outcome.status_code is not None:
        says = f"It was reached, and answered {outcome.status_code} in {outcome.response_ms} ms."
        return Finding(name, "warning", says, "The way out is well: look at the receiver.")
    says = f"{outcome.error} after {outcome.response_ms} ms. {outcome.detail}"
    return Finding(name, "error", says, FIXES.get(outcome.error, WAY_OUT))
