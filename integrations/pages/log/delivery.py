"""One delivery: what became of an event, try by try."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from deliveries.catalogue import Explanation, explain
from deliveries.log import attempts_of, delivery_of
from deliveries.models import Delivery, DeliveryAttempt, Status
from integrations.pages.access import Place, page
from integrations.pages.log.rows import row_of
from integrations.pages.webhook.missed import backfill_request


@dataclass(frozen=True)
class Phase:
    """A part of a try: its name, how long it took, and where its bar stands in per cent of the try."""

    name: str
    ms: int
    look: str
    x: str
    width: str


@dataclass(frozen=True, kw_only=True)
class Try:
    """A POST as people see it."""

    number: int
    started_at: datetime
    accepted: bool
    status_code: int | None
    response_ms: int
    code: str
    words: Explanation | None
    detail: str
    phases: list[Phase]


@require_safe
@page()
def delivery(request: HttpRequest, place: Place, event_id: str) -> HttpResponse:
    """The page of one delivery. Raises Http404 where the workspace has none of that event."""
    found = delivery_of(place.workspace.pk, event_id)
    if found is None:
        raise Http404
    row = row_of(found)
    context = {
        "ws": place.workspace.pk,
        "row": row,
        "delivery": found,
        "settled_at": _settled_at(found, row.status),
        "reason": explain(row.reason) if row.reason else None,
        "tries": [_try(each) for each in attempts_of(found)],
        "request_text": _request(request, found, row.status),
    }
    return render(request, "pages/log/delivery.html", context)


def _settled_at(found: Delivery, status: str) -> datetime | None:
    return found.settled_at or (found.connection.closed_at if status != Status.PENDING else None)


def _request(request: HttpRequest, found: Delivery, status: str) -> str:
    """Fetches the event from the history, where it did not arrive."""
    if status not in {Status.DROPPED, Status.CANCELLED}:
        return ""
    site = request.build_absolute_uri("/")
    return backfill_request(found.workspace_id, found.sequence, found.sequence, site)


def _try(attempt: DeliveryAttempt) -> Try:
    return Try(
        number=attempt.number,
        started_at=attempt.started_at,
        accepted=not attempt.error,
        status_code=attempt.status_code,
        response_ms=attempt.response_ms,
        code=attempt.error,
        words=explain(attempt.error) if attempt.error else None,
        detail=attempt.detail,
        phases=phases_of(attempt),
    )


def phases_of(attempt: DeliveryAttempt) -> list[Phase]:
    """The parts of a try that were measured, one after the other; the first are missing where a connection was open."""
    measured = (
        ("dns", _("Find the address (DNS)"), attempt.dns_ms),
        ("connect", pgettext("phase of a try", "Connect"), attempt.connect_ms),
        ("tls", _("Secure (TLS)"), attempt.tls_ms),
        ("answer", _("Wait for the first byte"), attempt.first_byte_ms),
    )
    parts = [(look, name, ms) for look, name, ms in measured if ms is not None]
    whole = max(sum(ms for _look, _name, ms in parts), attempt.response_ms, 1)
    phases, before = [], 0
    for look, name, ms in parts:
        phases.append(Phase(name, ms, look, f"{before / whole * 100:.2f}%", f"{ms / whole * 100:.2f}%"))
        before += ms
    return phases
