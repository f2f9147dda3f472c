"""What is not the public internet, written down by hand from IANA's registries: a second opinion on every address.

Sources: the IPv4 and IPv6 Special-Purpose Address Registries, the IPv4 and IPv6 address space registries, the multicast
registries, and RFC 4291, 6052, 8215, 3056, 4380. Nothing here uses the product or Python's own idea of `is_global`.
"""

import socket

# prefix, length. Loopback, private, shared, link-local, documentation, benchmarks, relays, multicast, reserved.
INNER_V4 = (
    ("0.0.0.0", 8),  # noqa: S104 (not bound to)
    ("10.0.0.0", 8),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("168.63.129.16", 32),  # No registry has it: Azure's virtual host.
    ("169.254.0.0", 16),
    ("172.16.0.0", 12),
    ("192.0.0.0", 24),
    ("192.0.2.0", 24),
    ("192.88.99.0", 24),
    ("192.168.0.0", 16),
    ("198.18.0.0", 15),
    ("198.51.100.0", 24),
    ("203.0.113.0", 24),
    ("224.0.0.0", 4),
    ("240.0.0.0", 4),
)
# Anycast services of the internet itself: not ours, and no receiver's either. Both answers are right.
NEITHER_V4 = (("192.31.196.0", 24), ("192.52.193.0", 24), ("192.175.48.0", 24))

# Global unicast is 2000::/3 and nothing else; these are the parts of it that are not.
GLOBAL_V6 = ("2000::", 3)
INNER_V6 = (
    ("2001::", 23),  # Teredo, ORCHID, benchmarks and others
    ("2001:db8::", 32),
    ("2002::", 16),  # 6to4
    ("3fff::", 20),
)
NEITHER_V6 = (("2620:4f:8000::", 48), ("2001:500::", 30), ("2001:678::", 29))
MAPPED = ("::ffff:0:0", 96)


def number(address: str) -> tuple[int, int]:
    """An address as the C library reads it: 4 or 6, and its value. Raises OSError for what is none."""
    if ":" in address:
        return 6, int.from_bytes(socket.inet_pton(socket.AF_INET6, address.partition("%")[0]), "big")
    return 4, int.from_bytes(socket.inet_pton(socket.AF_INET, address), "big")


def within(value: int, block: tuple[str, int], bits: int) -> bool:
    prefix, length = block
    return value >> (bits - length) == number(prefix)[1] >> (bits - length)


def is_inner(address: str) -> bool:
    """Whether no request may ever go there."""
    version, value = number(address)
    if version == 6 and within(value, MAPPED, 128):
        version, value = 4, value & 0xFFFFFFFF
    if version == 4:
        return any(within(value, block, 32) for block in INNER_V4)
    return not within(value, GLOBAL_V6, 128) or any(within(value, block, 128) for block in INNER_V6)


def is_outer(address: str) -> bool:
    """Whether a customer's receiver may well live there, so that refusing it would be a fault."""
    version, value = number(address)
    if version == 6 and within(value, MAPPED, 128):
        return False
    neither, bits = (NEITHER_V4, 32) if version == 4 else (NEITHER_V6, 128)
    return not is_inner(address) and not any(within(value, block, bits) for block in neither)
