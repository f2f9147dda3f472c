"""Parts of a page that keep themselves up to date: they are sent only when they would look different."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import parse_etags
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language


def etag_of(*shown: object) -> str:
    """Changes with what is shown, its language and its time zone."""
    seen = repr((get_language(), get_current_timezone_name(), shown))
    return f'"{hashlib.sha256(seen.encode()).hexdigest()[:24]}"'


def part(request: HttpRequest, template: str, context: Mapping[str, Any], etag: str, status: int = 200) -> HttpResponse:
    """The part alone, for the page that shows it; 304 while it would look the same."""
    seen = [each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))]
    if etag in seen:
        return HttpResponse(status=304, headers={"ETag": etag})
    response = render(request, template, dict(context), status=status)
    response["ETag"] = etag
    return response
