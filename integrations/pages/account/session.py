"""How long a sign-in lasts: SESSION_COOKIE_AGE after the last page that its person opened."""

import time
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from integrations.pages.access import by_script

KEPT_AT: Final = "kept_at"
RENEW_AFTER_SECONDS: Final = 900


class KeepSignedInMiddleware:
    """Renews the session of whoever opens pages, at most every quarter of an hour: saving it costs a statement.

    What scripts fetch does not count: a page that refreshes itself would keep a forgotten computer signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed and not by_script(request) and not request.session.is_empty():
            now = int(time.time())
            if now - request.session.get(KEPT_AT, 0) >= RENEW_AFTER_SECONDS:
                request.session[KEPT_AT] = now
        return response
