"""A small JSON client for the product's REST API and the demo receiver."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

# Never a proxy: all that the demo talks to is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoAnswerError(Exception):
    """Nobody answered: refused, cut off or too slow."""


@dataclass(frozen=True)
class Answer:
    """A status, and the body as text and as parsed JSON, which is None for an empty or other one."""

    status: int
    text: str

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None


def call(method: str, url: str, body: object = None, *, token: str | None = None, timeout: float = 15) -> Answer:
    """One request. An error status is an answer like any other; NoAnswerError if none came within `timeout` seconds."""
    headers = {"accept": "application/json", "content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with opener.open(request, timeout=timeout) as response:
            return Answer(response.status, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode())
    except (OSError, HTTPException) as problem:
        raise NoAnswerError(f"{method} {url}: {problem}") from problem
