"""Free TCP ports on the loopback address."""

import socket

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are only winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def first_free(wanted: int) -> int:
    """`wanted`, or the next free port of the hundred after it, or any."""
    return next((port for port in range(wanted, min(wanted + 100, 65536)) if is_free(port)), 0) or any_free()
