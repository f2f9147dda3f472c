"""Verifying a signature as a receiver does, by the specification; used where HAPP plays the receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final, Literal

from happ_webhooks.wire.signature import PREFIX

TOLERANCE_SECONDS: Final = 300

Verification = Literal["valid", "invalid", "unchecked"]


def verify(secret: str | None, headers: Mapping[str, str], body: bytes, now: float | None = None) -> Verification:
    """Whether one of the signatures fits the body and is at most five minutes old; `unchecked` without a secret.

    Names of `headers` are in lower case. `now` is in Unix seconds, the clock's by default.
    """
    if secret is None:
        return "unchecked"
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX))
        age = abs((time.time() if now is None else now) - int(headers["webhook-timestamp"]))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        given = headers["webhook-signature"].split()
    except (KeyError, ValueError):
        return "invalid"
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fits = any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)
    return "valid" if fits and age <= TOLERANCE_SECONDS else "invalid"
