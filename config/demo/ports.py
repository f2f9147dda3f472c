"""A free TCP port on the loopback address."""

import socket

HOST = "127.0.0.1"


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
