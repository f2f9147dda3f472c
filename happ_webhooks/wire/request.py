"""The headers of a webhook, and how the customer's password travels in them."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from happ_webhooks.wire.signature import sign

USER_AGENT: Final = "HAPP-Webhooks/1"
#: RFC 7617 needs a user, and n8n refuses an empty one.
BASIC_USER: Final = "happ"
LONGEST_PASSWORD: Final = 512
LONGEST_HEADER: Final = 64

Scheme = Literal["bearer", "basic", "header"]

# RFC 9110, 5.6.2: a token. The prefix keeps clear of every header that means something to HTTP or that we send.
_OWN_HEADER: Final = re.compile(r"x-[a-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)


@dataclass(frozen=True)
class Auth:
    """How the password is sent: as a bearer token, as Basic, or alone in a header of the customer's choice."""

    scheme: Scheme = "bearer"
    header: str | None = None


def parse_auth(value: object) -> Auth:
    """`{"scheme": "bearer" | "basic"}` or `{"scheme": "header", "header": "x-..."}`; ValueError with one sentence."""
    if not isinstance(value, dict):
        raise ValueError('auth is an object such as {"scheme": "bearer"}.')
    if value in ({"scheme": "bearer"}, {"scheme": "basic"}):
        return Auth(value["scheme"])
    if value.get("scheme") not in ("bearer", "basic", "header"):
        raise ValueError("auth.scheme is bearer, basic or header.")
    if value["scheme"] != "header":
        raise ValueError("auth has no other keys than scheme when the scheme is bearer or basic.")
    if value.keys() != {"scheme", "header"}:
        raise ValueError("auth has exactly the keys scheme and header when the scheme is header.")
    return Auth("header", _own_header(value["header"]))


def _own_header(name: object) -> str:
    lowered = name.lower() if isinstance(name, str) else ""
    if len(lowered) > LONGEST_HEADER:
        raise ValueError(f"auth.header is at most {LONGEST_HEADER} characters long.")
    if not _OWN_HEADER.fullmatch(lowered):
        raise ValueError("auth.header is a header name that starts with x-, such as x-make-apikey.")
    return lowered


def auth_as_json(auth: Auth) -> dict[str, str]:
    """What parse_auth reads back."""
    return {"scheme": auth.scheme} if auth.header is None else {"scheme": auth.scheme, "header": auth.header}


def password_problem(password: str) -> str | None:
    """What keeps a password from travelling unchanged: too_long, empty, not_printable or outer_blank; None if nothing.

    Anything but printable ASCII arrives as Latin-1, cut short, or not at all, depending on the receiver's server.
    """
    if not password:
        return "empty"
    if len(password) > LONGEST_PASSWORD:
        return "too_long"
    if not all(" " <= character <= "~" for character in password):
        return "not_printable"
    return "outer_blank" if password != password.strip(" ") else None


def headers(
    *,
    event_id: str,
    timestamp: int,
    body: bytes,
    secrets: Sequence[str],
    password: str | None,
    auth: Auth,
    attempt: int,
    test: bool,
) -> dict[str, str]:
    """All headers of one try but host and content-length. `timestamp` is this try's, in seconds."""
    sent = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": USER_AGENT,
        # A receiver that compresses its answer anyway meets a sender that never decompresses.
        "accept-encoding": "identity",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, event_id, timestamp, body),
        "happ-attempt": str(attempt),
    }
    if password is not None:
        name, value = _credential(auth, password)
        sent[name] = value
    if test:
        sent["happ-test"] = "1"
    return sent


def _credential(auth: Auth, password: str) -> tuple[str, str]:
    if auth.header is not None:
        return auth.header, password
    if auth.scheme == "basic":
        return "authorization", "Basic " + base64.b64encode(f"{BASIC_USER}:{password}".encode()).decode()
    return "authorization", f"Bearer {password}"
