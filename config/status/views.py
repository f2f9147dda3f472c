"""The door to the status. It answers while database and broker are away, so it asks neither on its own."""

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.findings import Finding, State
from config.status.document import document
from config.status.facts import Facts, read
from config.status.status import Status, status_of
from config.status.who import CannotTell, may_see
from integrations.kept import kept
from integrations.pages.theme import theme_of

HTML, JSON = "text/html", "application/json"
#: Who asks more often is told the same again.
KEPT_SECONDS = 1
LOOKS: Final[dict[State, str]] = {"ok": "good", "warning": "warn", "error": "bad"}
MARKS: Final[dict[State, str]] = {"ok": "✓", "warning": "!", "error": "✕"}


@dataclass(frozen=True)
class Row:
    """A finding as the page shows it."""

    finding: Finding

    @property
    def look(self) -> str:
        return LOOKS[self.finding.state]

    @property
    def mark(self) -> str:
        return MARKS[self.finding.state]


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """200 however things stand. 404 for who is not to see it, 503 while nobody can tell who that is."""
    try:
        if not may_see(request):
            raise Http404
    except CannotTell:
        return HttpResponse("Who asks cannot be told: the database is away.\n", status=503, content_type="text/plain")
    facts = kept("status", read, KEPT_SECONDS)
    response = _answer(request, facts, status_of(facts))
    patch_vary_headers(response, ["Accept"])
    return response


def _answer(request: HttpRequest, facts: Facts, found: Status) -> HttpResponse:
    if request.get_preferred_type([HTML, JSON]) == JSON:
        return JsonResponse(document(found, facts))
    rows = [Row(finding) for finding in found.findings]
    shown = {"status": found, "rows": rows, "look": LOOKS[found.state], "theme": theme_of(request)}
    # Without the request: nothing that stands around other pages is to ask the database who looks.
    return HttpResponse(render_to_string("status/page.html", shown))
