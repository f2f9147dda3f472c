"""Errors of the REST API as RFC 9457 problem details, each with a stable `code`."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_DATABASE_AFTER = 5
LONGEST_STEP = 100

STATUS = {
    "validation": 422,
    "ping_failed": 422,
    "password_required": 422,
    "not_connected": 409,
    "stopped": 409,
    "conflict": 412,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "unsupported_media_type": 415,
    "too_large": 413,
    "rate_limited": 429,
    "unavailable": 503,
    "internal": 500,
}
TITLES = {
    "validation": gettext_lazy("Something in the request is not right"),
    "ping_failed": gettext_lazy("The check of the URL failed"),
    "password_required": gettext_lazy("Enter the password again"),
    "not_connected": gettext_lazy("Not connected"),
    "stopped": gettext_lazy("The stream is stopped"),
    "conflict": gettext_lazy("Somebody else changed it meanwhile"),
    "unauthorized": gettext_lazy("Sign in first"),
    "forbidden": gettext_lazy("Not allowed"),
    "not_found": gettext_lazy("Not found"),
    "method_not_allowed": gettext_lazy("Method not allowed"),
    "unsupported_media_type": gettext_lazy("Only JSON is understood"),
    "too_large": gettext_lazy("Too large"),
    "rate_limited": gettext_lazy("Too many requests"),
    "unavailable": gettext_lazy("Not available at the moment"),
    "internal": gettext_lazy("An error of ours"),
}

# What the frameworks raise, and how it is answered. The first that fits holds.
ANSWERS: tuple[tuple[tuple[type[Exception], ...], str, object, int | None], ...] = (
    (
        (exceptions.NotAuthenticated, exceptions.AuthenticationFailed),
        "unauthorized",
        gettext_lazy("Send a valid API token as: Authorization: Bearer happ_..."),
        None,
    ),
    (
        (exceptions.PermissionDenied, PermissionDenied),
        "forbidden",
        gettext_lazy("This token or user may not do this."),
        None,
    ),
    ((exceptions.NotFound, Http404), "not_found", gettext_lazy("There is nothing here, or not for you."), None),
    (
        (exceptions.MethodNotAllowed,),
        "method_not_allowed",
        gettext_lazy("This address does not accept that method."),
        None,
    ),
    (
        (exceptions.UnsupportedMediaType,),
        "unsupported_media_type",
        gettext_lazy("Send JSON, with content-type: application/json."),
        None,
    ),
    (
        (exceptions.ParseError, SuspiciousOperation, UnreadablePostError),
        "validation",
        gettext_lazy("The request could not be read."),
        400,
    ),
)


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong: a JSON pointer to it, a stable code, and a sentence that says how to fix it."""

    pointer: str
    code: str
    detail: str


class Problem(exceptions.APIException):
    """An error answer. `extra` are further members of the document, such as `attempt`."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail)
        self.problem_code = code
        self.status_code = status or STATUS[code]
        self.text = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra


def json_pointer(*steps: str | int) -> str:
    """RFC 6901. A step is cut short, and what no answer could carry replaced, because clients choose their keys."""
    return "".join("/" + _step(str(step)[:LONGEST_STEP]) for step in steps)


def _step(step: str) -> str:
    return step.encode("utf-8", "replace").decode().replace("\0", "?").replace("~", "~0").replace("/", "~1")


def document(problem: Problem) -> dict[str, Any]:
    """The problem details of an error, as they are sent."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(TITLES[problem.problem_code]),
        "status": problem.status_code,
        "code": problem.problem_code,
        "detail": problem.text,
    }
    if problem.errors:
        body["errors"] = [asdict(error) for error in problem.errors]
    return body | problem.extra


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to any exception of an API view: never a traceback, never another format."""
    problem = _as_problem(error)
    if problem.problem_code == "internal":
        log.error("unexpected error in %s", type(context.get("view")).__name__, exc_info=error)
    return Response(document(problem), problem.status_code, headers=problem.headers, content_type=CONTENT_TYPE)


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database is away: %s", type(error).__name__)
        return unavailable()
    for kinds, code, detail, status in ANSWERS:
        if isinstance(error, kinds):
            headers = {"WWW-Authenticate": "Bearer"} if code == "unauthorized" else None
            return Problem(code, str(detail), status=status, headers=headers)
    return Problem("internal", _("We have been told. Try again in a moment."))


def unavailable() -> Problem:
    headers = {"Retry-After": str(RETRY_DATABASE_AFTER)}
    return Problem("unavailable", _("Nothing was accepted or changed. Try again in a few seconds."), headers=headers)


def _page(problem: Problem) -> JsonResponse:
    return JsonResponse(
        document(problem), status=problem.status_code, content_type=CONTENT_TYPE, headers=problem.headers
    )


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """An address that no view serves."""
    return _page(_as_problem(Http404()))


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """A request that the framework refused before any view saw it."""
    return _page(_as_problem(exception))


def server_error(request: HttpRequest) -> JsonResponse:
    """An error outside the API views."""
    return _page(Problem("internal", HTTPStatus.INTERNAL_SERVER_ERROR.phrase))
