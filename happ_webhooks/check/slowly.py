"""Requests that no sender in a hurry makes: in pieces, and with nobody left for the answer."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

import certifi

from happ_webhooks.wire.outcome import BAD_RESPONSE, RESET, TIMEOUT, Outcome, http_error

PIECES: Final = 5
#: Between two pieces, so that the whole body takes 2.4 s of the five that HAPP waits.
PAUSE_SECONDS: Final = 0.6
PATIENCE_SECONDS: Final = 5.0


def trickled(url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
    """What a POST came to whose body arrived in pieces."""
    try:
        with closing(_opened(url, headers, len(body))) as connection:
            step = -(-len(body) // PIECES)
            for start in range(0, len(body), step):
                time.sleep(PAUSE_SECONDS if start else 0)
                connection.send(body[start : start + step])
            status = connection.getresponse().status
    except TimeoutError:
        return Outcome(error=TIMEOUT)
    except OSError:
        return Outcome(error=RESET)
    except http.client.HTTPException:
        return Outcome(error=BAD_RESPONSE)
    return Outcome(status_code=status, error=None if 200 <= status <= 299 else http_error(status))


def hung_up(url: str, headers: Mapping[str, str], body: bytes) -> None:
    """A POST whose sender is gone at once; what the receiver makes of it shows the next request."""
    try:
        with closing(_opened(url, headers, len(body))) as connection:
            connection.send(body)
    except OSError:
        return


def _opened(url: str, headers: Mapping[str, str], length: int) -> http.client.HTTPConnection:
    """A connection on which everything but the body was sent."""
    parts = urlsplit(url)
    connection = (
        http.client.HTTPSConnection(
            parts.netloc, timeout=PATIENCE_SECONDS, context=ssl.create_default_context(cafile=certifi.where())
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
    )
    connection.putrequest("POST", f"{parts.path or '/'}?{parts.query}".rstrip("?"), skip_accept_encoding=True)
    for name, value in {**headers, "content-length": str(length)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection
