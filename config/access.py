"""A line of the log for each request: what was asked for, how it ended, and ids; no query, no header, no body."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from happ_webhooks.wire.trace import Caller, caller_of, new_caller

log = logging.getLogger(__name__)

TRACEPARENT = "HTTP_TRACEPARENT"
LONGEST_PATH = 200


class LogRequests:
    """Also sees to it that every request says to which trace it belongs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        caller = caller_of(request.META.get(TRACEPARENT, "")) or new_caller()
        request.META[TRACEPARENT] = caller.traceparent
        response = self.get_response(request)
        if log.isEnabledFor(logging.INFO):
            log.info("request", extra=_fields(request, response, caller, time.perf_counter() - began))
        return response


def _fields(request: HttpRequest, response: HttpResponse, caller: Caller, seconds: float) -> dict[str, Any]:
    # As found on the request: to ask for the user or the session here would ask the database.
    known = vars(request)
    matched = request.resolver_match
    fields = {
        "workspace": matched.kwargs.get("workspace_id") if matched else None,
        "user": getattr(known.get("_cached_user"), "pk", None),
        "token": getattr(known.get("auth"), "pk", None),
    }
    return {
        "method": request.method,
        "path": request.path[:LONGEST_PATH],
        "status": response.status_code,
        "ms": round(seconds * 1000),
        "trace": caller.trace,
        **{name: value for name, value in fields.items() if value is not None},
    }
