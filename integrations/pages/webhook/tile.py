"""The Chat Webhook tile: the page, and the part of it that keeps itself up to date."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from integrations.pages import live
from integrations.pages.access import Place, page
from integrations.pages.home import LAST_PLACE
from integrations.pages.webhook.card import Card, card_of

PART = "pages/webhook/parts/tile.html"


@require_safe
@page()
def tile(request: HttpRequest, place: Place) -> HttpResponse:
    """The tile of a workspace, in whatever state it is."""
    if request.session.get(LAST_PLACE) != place.workspace.pk:
        request.session[LAST_PLACE] = place.workspace.pk
    return render(request, "pages/webhook/tile.html", {"card": _card(request, place)})


@require_safe
@page()
def tile_part(request: HttpRequest, place: Place) -> HttpResponse:
    """The tile alone, for the page that shows it; 304 while it would look the same."""
    card = _card(request, place)
    return live.part(request, PART, {"card": card}, card.etag)


def _card(request: HttpRequest, place: Place) -> Card:
    return card_of(place, timezone.now(), request.build_absolute_uri("/"))
