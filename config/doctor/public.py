"""Does the site answer from outside, through its proxy and with TLS, and does it keep to itself what is for inside?"""

import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from config.doctor.asked import Asked
from config.doctor.choices import public_names
from config.findings import Finding

LIMIT_SECONDS = 5.0
OK, NOT_FOUND = 200, 404
FOR_INSIDE: Final = ("/metrics", "/status")


def addresses(named: list[str]) -> tuple[str, ...]:
    """Those that were named, or the public names of the site by https."""
    return tuple(named or (f"https://{name}" for name in public_names()))


def examine(asked: Asked) -> Iterator[Finding]:
    if asked.public == ():
        yield Finding("Public", "warning", "HAPP_PUBLIC_HOSTS has no public name to try.", "Name one: --public URL")
    for address in asked.public or ():
        yield from _site(address)


def _site(address: str) -> Iterator[Finding]:
    name = f"Public {urlsplit(address).hostname}"
    try:
        answered = _status(address, "/livez")
        open_to_all = [path for path in FOR_INSIDE if _status(address, path) != NOT_FOUND]
    except (OSError, HTTPException, ValueError) as problem:
        yield Finding(name, "error", f"It is not reached: {_kind(problem)}.", "Look at its name, its proxy and TLS.")
        return
    if answered != OK:
        fix = "Is the name in HAPP_PUBLIC_HOSTS, does the proxy pass the host on, and does web run?"
        yield Finding(name, "error", f"/livez answers {answered}.", fix)
    for path in open_to_all:
        fix = "Let the proxy set X-Forwarded-For on every request, and deny the path there as well."
        yield Finding(name, "error", f"{path} is open to everybody.", fix)
    if answered == OK and not open_to_all:
        yield Finding(name, "ok", "It answers, and /metrics and /status are not to be had.")


def _status(address: str, path: str) -> int:
    """A redirect is not followed."""
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=LIMIT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _kind(problem: Exception) -> str:
    return problem.verify_message if isinstance(problem, ssl.SSLCertVerificationError) else type(problem).__name__
