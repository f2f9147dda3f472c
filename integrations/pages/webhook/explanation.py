"""What an error means and what to do about it: where "What to do" leads."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from deliveries import connections
from deliveries.catalogue import CODES, explain
from deliveries.models import CloseReason
from integrations.pages.access import Place, page
from integrations.pages.webhook import answers
from integrations.state import status_of

TEMPLATE = "pages/webhook/explanation.html"
HTTP_CODE = re.compile(r"HTTP_[1-9][0-9]{2}", re.ASCII)


@require_safe
@page()
def explanation(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """Title, cause and action of a code, as everywhere else, with the ways to act."""
    if code not in CODES and not HTTP_CODE.fullmatch(code):
        raise Http404
    explained, status = explain(code), status_of(connections.latest(place.workspace.pk))
    context = {
        "title": explained.title,
        "explained": explained,
        "code": code,
        "may_test": place.is_admin and status != "not_connected",
        # Neither stopped nor disconnected: HAPP goes on trying.
        "goes_on": place.is_admin and status == "connected" and code not in CloseReason.values,
    }
    return answers.dialog(request, place, TEMPLATE, context)
