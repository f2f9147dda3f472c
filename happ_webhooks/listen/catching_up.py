"""Fetching what is recorded already, before listening."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

SECONDS: Final = 30


class CannotFetch(Exception):
    """The API did not answer with a page; the text says why, in one sentence."""


def recorded(api: str, token: str, after: int = 0) -> Iterator[dict[str, Any]]:
    """Every event after a sequence. `api` is `https://<happ>/api/v1/workspaces/<workspace>`. Raises CannotFetch."""
    more = True
    while more:
        page = _page(f"{api.rstrip('/')}/events?after={after}", token)
        yield from page["data"]
        after, more = page["next_after"], page["has_more"]


def _page(url: str, token: str) -> dict[str, Any]:
    if not url.startswith(("http://", "https://")):
        raise CannotFetch("The address of the API begins with https://.")
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - checked above
            page: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refused:
        raise CannotFetch(
            f"The API answered {refused.code}. Check its address, and that the token has backfill."
        ) from None
    except (OSError, ValueError) as problem:
        raise CannotFetch(f"The API cannot be reached: {problem}.") from None
    return page
