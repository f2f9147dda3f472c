"""The door to the figures for Prometheus, for whoever stands inside; and counting what the database kept from web."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from deliveries.exposition import exposition
from deliveries.metering.counted import DATABASE_ERRORS

UNAVAILABLE = 503


def metrics(request: HttpRequest) -> HttpResponse:
    """Totals of the platform. 404 for what came through a proxy: from outside there is nothing here."""
    if came_through_a_proxy(request):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def came_through_a_proxy(request: HttpRequest) -> bool:
    """From outside: every proxy in front sets one of these, and nobody inside goes through one."""
    return "X-Forwarded-For" in request.headers or "Forwarded" in request.headers


class CountDatabaseErrors:
    """Requests refused because the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == UNAVAILABLE:
            DATABASE_ERRORS.labels("web").inc()
        return response
