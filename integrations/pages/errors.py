"""Errors in the form the requester reads: problem documents for programs, pages for people."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from happ_webhooks.history import problems

API = "/api/"


def _is_a_person(request: HttpRequest) -> bool:
    """Browsers ask for HTML by name; programs take anything, and the API answers everybody alike."""
    return not request.path.startswith(API) and "text/html" in request.headers.get("accept", "")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_a_person(request):
        return problems.bad_request(request, exception)
    return render(request, "pages/errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "pages/errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_a_person(request):
        return problems.not_found(request, exception)
    return render(request, "pages/errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without asking the database who looks: it may be what failed."""
    if not _is_a_person(request):
        return problems.server_error(request)
    return HttpResponse(render_to_string("pages/errors/500.html"), status=500)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose CSRF token does not fit, mostly one that was left open over a sign-in."""
    return render(request, "pages/errors/form_too_old.html", status=403)
