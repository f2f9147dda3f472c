"""Fetching what is recorded already, before listening."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

SECONDS: Final = 30
NOT_A_PAGE: Final = (
    "What answers there is not the back-fill API. Its address is https://<happ>/api/v1/workspaces/<workspace>."
)


class CannotFetch(Exception):
    """The API did not answer with a page; the text says why, in one sentence."""


def recorded(api: str, token: str, after: int = 0) -> Iterator[dict[str, Any]]:
    """Every event after a sequence. `api` is `https://<happ>/api/v1/workspaces/<workspace>`. Raises CannotFetch."""
    more = True
    while more:
        events, further, more = _page(f"{api.rstrip('/')}/events?after={after}", token)
        yield from events
        if more and further <= after:
            raise CannotFetch(NOT_A_PAGE)
        after = further


def _page(url: str, token: str) -> tuple[list[dict[str, Any]], int, bool]:
    """The events of a page, where the next one begins, and whether there is one."""
    if not url.startswith(("http://", "https://")):
        raise CannotFetch("The address of the API begins with https://.")
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - checked above
            return _read(json.load(answer))
    except urllib.error.HTTPError as refused:
        raise CannotFetch(
            f"The API answered {refused.code}. Check its address, and that the token has backfill."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise CannotFetch(NOT_A_PAGE) from None
    except (OSError, ValueError, http.client.HTTPException) as problem:
        raise CannotFetch(f"The API cannot be reached: {problem}.") from None


def _read(page: object) -> tuple[list[dict[str, Any]], int, bool]:
    match page:
        case {"data": [*events], "next_after": int(further), "has_more": bool(more)}:
            if all(isinstance(event, dict) for event in events):
                return events, further, more
    raise CannotFetch(NOT_A_PAGE)
