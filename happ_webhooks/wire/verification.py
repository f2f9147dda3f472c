"""Checking signature and password as a receiver does, by the specification; used where HAPP plays the receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final, Literal

from happ_webhooks.wire.request import Auth, headers
from happ_webhooks.wire.signature import PREFIX

TOLERANCE_SECONDS: Final = 300

Verification = Literal["valid", "invalid", "unchecked"]


def verify(secret: str | None, given: Mapping[str, str], body: bytes, now: float | None = None) -> Verification:
    """Whether one of the signatures fits the body and is at most five minutes old; `unchecked` without a secret.

    Names of `given`, the headers, are in lower case. `now` is in Unix seconds, the clock's by default.
    """
    if secret is None:
        return "unchecked"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX))
        age = abs((time.time() if now is None else now) - int(given["webhook-timestamp"]))
        signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
        signatures = given["webhook-signature"].split()
    except (KeyError, ValueError):
        return "invalid"
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fits = any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures)
    return "valid" if fits and age <= TOLERANCE_SECONDS else "invalid"


def password_fits(password: str | None, given: Mapping[str, str]) -> bool:
    """Whether the password came in one of the ways HAPP sends it. Names of `given`, the headers, are in lower case."""
    if password is None:
        return True
    pairs = [(given.get("authorization", ""), _authorization(password, scheme)) for scheme in ("bearer", "basic")]
    pairs += [(value, password) for name, value in given.items() if name.startswith("x-")]
    return any(hmac.compare_digest(value.encode(), wanted.encode()) for value, wanted in pairs)


def _authorization(password: str, scheme: Literal["bearer", "basic"]) -> str:
    auth = Auth(scheme)
    made = headers(event_id="", timestamp=0, body=b"", secrets=(), password=password, auth=auth, attempt=1, test=False)
    return made["authorization"]
