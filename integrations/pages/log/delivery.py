"""One delivery: what became of an event, attempt by attempt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from deliveries.catalogue import Explanation, explain
from deliveries.details import in_words
from deliveries.log import attempts_of, delivery_of
from deliveries.models import CloseReason, Delivery, DeliveryAttempt, Status
from integrations.pages import live
from integrations.pages.access import Place, page
from integrations.pages.log.rows import row_of
from integrations.pages.webhook.check import Check, check_of
from integrations.pages.webhook.missed import backfill_request
from integrations.pages.webhook.testing import may_test
from integrations.pinging import MEASURED


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A POST as people see it. `said_in` is the language of `detail` where it is not that of the page."""

    number: int
    started_at: datetime
    code: str
    check: Check
    detail: str
    said_in: str


@require_safe
@page()
def delivery(request: HttpRequest, place: Place, event_id: str) -> HttpResponse:
    """The page of one delivery. Raises Http404 where the workspace has none of that event."""
    context = _context(request, place, event_id) | {"may_test": may_test(place)}
    return render(request, "pages/log/delivery.html", context)


@require_safe
@page()
def delivery_part(request: HttpRequest, place: Place, event_id: str) -> HttpResponse:
    """What changes of it, for the page that shows it; 304 while it would look the same."""
    context = _context(request, place, event_id)
    return live.part(request, "pages/log/parts/delivery.html", context, context["etag"])


def _context(request: HttpRequest, place: Place, event_id: str) -> dict[str, Any]:
    found = delivery_of(place.workspace.pk, event_id)
    if found is None:
        raise Http404
    row = row_of(found)
    shown = {
        "row": row,
        "settled_at": _settled_at(found, row.status),
        "reason": explain(row.reason) if row.reason else None,
        "given_up": found if row.reason == CloseReason.MAX_RETRIES_EXCEEDED and found.first_attempt_at else None,
        "attempts": [_attempt(each) for each in attempts_of(found)],
        "request_text": _request(request, found, row.status),
    }
    return {**shown, "ws": place.workspace.pk, "is_live": row.status == Status.PENDING, "etag": live.etag_of(shown)}


def _settled_at(found: Delivery, status: str) -> datetime | None:
    return found.settled_at or (found.connection.closed_at if status != Status.PENDING else None)


def _request(request: HttpRequest, found: Delivery, status: str) -> str:
    """Fetches the event from the history, where it did not arrive."""
    if status not in {Status.DROPPED, Status.CANCELLED}:
        return ""
    site = request.build_absolute_uri("/")
    return backfill_request(found.workspace_id, found.sequence, found.sequence, site)


def _attempt(attempt: DeliveryAttempt) -> Attempt:
    words = explain(attempt.error) if attempt.error else Explanation(_("Accepted"), "")
    measured = {name: getattr(attempt, name) for name in MEASURED} | {"error": attempt.error or None}
    detail = in_words(attempt.detail)
    return Attempt(
        number=attempt.number,
        started_at=attempt.started_at,
        code=attempt.error or str(attempt.status_code or ""),
        check=check_of({**measured, "title": words.title, "detail": words.detail}),
        detail=attempt.detail if detail is None else detail,
        said_in="en" if detail is None else "",
    )
