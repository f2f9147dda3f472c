"""Signatures by Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets as randomness
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_signing_secret() -> str:
    """`whsec_` and the base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def sign(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one `v1,<base64>` for each secret, in their order.

    Signed at each try anew, because receivers refuse a timestamp older than five minutes. Raises ValueError,
    without repeating it, for what is no `whsec_` secret.
    """
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    # Exactly one blank between signatures: two of them, or a comma, crash the receivers' libraries.
    return " ".join("v1," + _digest(_key(secret), signed) for secret in secrets)


def _digest(key: bytes, signed: bytes) -> str:
    return binascii.b2a_base64(hmac.digest(key, signed, "sha256"), newline=False).decode()


@lru_cache(maxsize=256)
def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except ValueError:
        key = b""
    if not key:
        raise ValueError("A signing secret is whsec_ followed by base64.") from None
    return key
