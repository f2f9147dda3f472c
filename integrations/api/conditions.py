"""Conditional requests: what a client has seen already, and what it wants to change only if it is still so.

An ETag of the tile is `"<version of the settings>-<digest of the document>"`. Reading compares the whole. Changing
compares the first part alone, because counts and times move with every event and would make every change stale.
"""

from django.utils.http import parse_etags
from rest_framework.request import Request


def seen(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this document."""
    named = _named(request, "If-None-Match")
    return named is not None and ("*" in named or etag.strip('"') in named)


def expected_versions(request: Request) -> list[str] | None:
    """The versions of the settings that If-Match accepts; None for any."""
    named = _named(request, "If-Match")
    if named is None or "*" in named:
        return None
    return [etag.partition("-")[0] for etag in named]


def _named(request: Request, header: str) -> list[str] | None:
    """The ETags of a header, unquoted. Weak ones count: a proxy that compresses weakens them on the way."""
    text = request.headers.get(header)
    return None if text is None else [etag.removeprefix("W/").strip('"') for etag in parse_etags(text)]
