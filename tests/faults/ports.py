"""Ports for servers that are down for a while and must find theirs free when they come back."""

import random
import socket
from pathlib import Path

from config.demo.ports import HOST

LOWEST = 10_000
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
COMMON = 32_768


def lasting_port() -> int:
    """A free port below those that the kernel gives to outgoing connections."""
    first_outgoing = int(OUTGOING.read_text().split()[0]) if OUTGOING.exists() else COMMON
    # Not of the seed: two runs with one seed may be under way.
    for port in random.SystemRandom().sample(range(LOWEST, max(first_outgoing, LOWEST + 1000)), 200):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError("No port is free.")
