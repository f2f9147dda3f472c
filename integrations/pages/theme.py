"""Light or dark: a cookie, so that the first paint is right and nothing needs a script."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE: Final = "happ_theme"
THEMES: Final = ("auto", "light", "dark")
YEAR_SECONDS: Final = 31_536_000


def theme_of(request: HttpRequest) -> str:
    """One of THEMES; `auto` follows the device."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keeps the choice for a year and goes back to where it was made."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            COOKIE, chosen, max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response
