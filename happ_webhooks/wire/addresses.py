"""Which IP addresses are the public internet: `ipaddress.is_global` alone lets 6to4, NAT64, multicast and more pass."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST_V6: Final = ipaddress.IPv6Network("2000::/3")
_NEVER_V4: Final = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments, among them Oracle's metadata service
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host
    )
)
_NEVER_V6: Final = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, among them Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether a request may go to this address; False for what is no address at all."""
    parsed = parse_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed is None or not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        return parsed in _UNICAST_V6 and not any(parsed in block for block in _NEVER_V6)
    return not any(parsed in block for block in _NEVER_V4)


def parse_address(text: str) -> IPAddress | None:
    """An address as getaddrinfo gives it; a zone (`fe80::1%eth0`) is dropped. None for anything else."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def parse_any_ipv4(text: str) -> ipaddress.IPv4Address | None:
    """An IPv4 address in any spelling that a resolver accepts: short, decimal, octal, hexadecimal. None for others."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None
