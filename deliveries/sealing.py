"""Encryption at rest for passwords and signing secrets.

Sealed text is what the models hold, so that no list, log, form or export can show a secret by accident; only the
few lines that need a secret open it. Keys rotate: the first of HAPP_ENCRYPTION_KEYS seals, all of them open.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from deliveries.metering.counted import SECRETS_UNREADABLE


class SealBroken(Exception):
    """A sealed text was written with a key that is not in HAPP_ENCRYPTION_KEYS, or was altered."""


@lru_cache(maxsize=1)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current() -> MultiFernet:
    return _keys(tuple(settings.HAPP_ENCRYPTION_KEYS))


def seal(secret: str) -> str:
    """The sealed form of a secret; an empty one stays empty."""
    return _current().encrypt(secret.encode()).decode() if secret else ""


@lru_cache(maxsize=4096)
def _open(sealed: str, keys: MultiFernet) -> str:
    try:
        return keys.decrypt(sealed).decode()
    except InvalidToken:
        SECRETS_UNREADABLE.inc()
        # Never the ciphertext instead: it would travel to the customer as the password.
        raise SealBroken(SealBroken.__doc__) from None


def unseal(sealed: str) -> str:
    """The secret of a sealed form. Raises SealBroken."""
    return _open(sealed, _current()) if sealed else ""


def reseal(sealed: str) -> str:
    """The same secret, sealed with the newest key. Raises SealBroken."""
    return seal(unseal(sealed))


def opening_key(sealed: str) -> int | None:
    """Which of HAPP_ENCRYPTION_KEYS opens it, 0 being the newest; None if none does. For a look: nothing is counted."""
    for number, key in enumerate(settings.HAPP_ENCRYPTION_KEYS):
        try:
            Fernet(key).decrypt(sealed)
        except InvalidToken:
            continue
        return number
    return None
