"""One spelling for every host: what a resolver, a browser and a certificate would all take it for."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

import idna

from happ_webhooks.wire.addresses import parse_any_ipv4

LONGEST_HOST: Final = 253
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# A last label like this makes the whole an IPv4 address or nothing (WHATWG URL, "ends in a number").
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


def canonical_host(raw: str) -> str | None:
    """Lower-case ASCII: an address in its normal form (IPv6 without brackets) or a name in punycode, without its
    trailing dot. None for what is no host.
    """
    if raw.startswith("["):
        return _ipv6(raw[1:-1])
    host = _ascii(raw)
    if host is None or len(host) > LONGEST_HOST:
        return None
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        address = parse_any_ipv4(host)
        return str(address) if address else None
    return host if all(_LABEL.fullmatch(label) for label in labels) else None


def _ascii(raw: str) -> str | None:
    # Full-width and circled digits are digits to a resolver; the ideographic full stop is a dot.
    host = unicodedata.normalize("NFKC", raw).replace("\u3002", ".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return None
    return host.lower().removesuffix(".")


def _ipv6(text: str) -> str | None:
    try:
        # A zone names a network card of ours: ip_address takes it, a webhook has no use for it.
        return None if "%" in text else str(ipaddress.IPv6Address(text))
    except ValueError:
        return None
