"""Headers on every answer, also on static files, beside those of Django's own middleware."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

UNUSED: Final = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb")
HEADERS: Final = {
    # No page needs a device; the copy buttons need the clipboard, which stays allowed.
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
    # No other site may load a page, a script or an answer of the API into one of its own.
    "Cross-Origin-Resource-Policy": "same-origin",
}


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
