"""The delivery log's page, and the part of it that keeps itself up to date."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from deliveries.catalogue import CODES, explain
from deliveries.models import CloseReason
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES
from integrations.pages import live
from integrations.pages.access import Place, page
from integrations.pages.log.asked import OWN, PERIODS, SEQUENCE, Asked, asked_of
from integrations.pages.log.head import head_of
from integrations.pages.log.rows import LOOKS, Rows, rows_of
from integrations.pages.webhook.testing import may_test
from integrations.templatetags.delivery_log import period_name
from integrations.templatetags.pages import channel_name

#: Beside those that have words of their own: what services answer most when they are down.
OFTEN = ("HTTP_400", "HTTP_500", "HTTP_502", "HTTP_503", "HTTP_504")


@require_safe
@page()
def deliveries(request: HttpRequest, place: Place) -> HttpResponse:
    """The log with its figures; 422 and no rows while a filter is wrong."""
    now = timezone.now()
    asked = asked_of(request.GET, place.workspace.zone, now)
    context = {
        **_context(place, asked, rows_of(place.workspace.pk, asked)),
        "head": head_of(place.workspace.pk, asked.window, place.workspace.zone, now),
        "choices": _choices(asked),
        "log_days": settings.HAPP_LOG_DAYS,
    }
    return render(request, "pages/log/deliveries.html", context, status=422 if asked.wrong else 200)


@require_safe
@page()
def rows(request: HttpRequest, place: Place) -> HttpResponse:
    """The rows alone, for the page that shows them; 304 while they would look the same.

    `newest` is the newest sequence that the page shows, so that it can say how many are new.
    """
    asked = asked_of(request.GET, place.workspace.zone, timezone.now())
    found = rows_of(place.workspace.pk, asked)
    context = _context(place, asked, found) | {"announcement": _new(found, request.GET.get("newest", ""))}
    return live.part(request, "pages/log/parts/rows.html", context, found.etag, status=422 if asked.wrong else 200)


@require_safe
@page()
def figures(request: HttpRequest, place: Place) -> HttpResponse:
    """The figures alone, likewise; they follow no filter but their own window."""
    now = timezone.now()
    asked = asked_of(request.GET, place.workspace.zone, now)
    head = head_of(place.workspace.pk, asked.window, place.workspace.zone, now)
    context = {"ws": place.workspace.pk, "asked": asked, "head": head}
    return live.part(request, "pages/log/parts/head.html", context, head.etag)


def _context(place: Place, asked: Asked, found: Rows) -> dict[str, object]:
    query = asked.query(newest=found.newest)
    return {
        "place": place,
        "ws": place.workspace.pk,
        "may_test": partial(may_test, place),
        "asked": asked,
        "found": found,
        "live_query": query,
    }


def _new(found: Rows, newest: str) -> str:
    """What a screen reader says when the rows change; nothing where no row is new."""
    known = int(newest) if SEQUENCE.fullmatch(newest) else found.newest
    count = sum(row.sequence > known for row in found.rows)
    return ngettext("%(count)s new delivery", "%(count)s new deliveries", count) % {"count": count} if count else ""


def _choices(asked: Asked) -> dict[str, list[tuple[str, str]]]:
    """What the form's lists hold, by field: values and their words."""
    codes = sorted({*CODES, *OFTEN} - set(CloseReason.values))
    if asked.entered["error"] and "error" not in asked.wrong and asked.entered["error"] not in codes:
        codes.append(asked.entered["error"])
    return {
        "status": [(status, str(word)) for status, (word, _look, _icon) in LOOKS.items()],
        "error": [(code, f"{code} · {explain(code).title}") for code in codes],
        "channel": [(channel, channel_name(channel)) for channel in CHANNELS],
        "type": [(type_, type_) for type_ in EVENT_TYPES],
        "period": [*((period, period_name(period)) for period in PERIODS), (OWN, _("From and to"))],
    }
