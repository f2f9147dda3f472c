"""The log as a CSV file: ids, codes and times, never content."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from deliveries.api.serializers import delivery_row
from deliveries.log import Filters, rows_of
from integrations.pages.access import Place, page
from integrations.pages.log.asked import asked_of
from integrations.pages.log.log import deliveries as log_page
from integrations.spreadsheets import cell

MOST_ROWS = 100_000
CHUNK = 1000
#: Excel takes a file for UTF-8 only if it begins so.
BOM = "\ufeff"
COLUMNS = (
    "event_id", "sequence", "type", "channel", "chat_id", "status", "reason", "attempts", "last_status_code",
    "last_error", "last_response_ms", "recorded_at", "first_attempt_at", "next_attempt_at", "settled_at",
)  # fmt: skip


class _Lines:
    """A file for csv.writer that gives each line back."""

    def write(self, line: str) -> str:
        return line


@require_safe
@page()
def deliveries_csv(request: HttpRequest, place: Place) -> HttpResponse:
    """The filtered log, newest first, at most MOST_ROWS rows; streamed, so that nobody waits for the whole of it."""
    asked = asked_of(request.GET, place.workspace.zone, timezone.now())
    if asked.wrong:
        return log_page(request, workspace_id=place.workspace.pk)
    filters = replace(asked.filters, before=None, after=None)  # The whole, whatever page it was asked for from.
    cut = _("# Cut after %(count)s rows: choose a shorter period for the rest.") % {"count": MOST_ROWS}
    response = StreamingHttpResponse(_lines(place.workspace.pk, filters, cut), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="deliveries-{place.workspace.pk}.csv"'
    return cast("HttpResponse", response)


def _lines(workspace_id: str, filters: Filters, cut: str) -> Iterator[str]:
    """`cut` is said at the end if there is more: the request, and with it its language, may be over by then."""
    write = csv.writer(_Lines()).writerow
    yield BOM + str(write(COLUMNS))
    found = (delivery_row(each) for each in rows_of(workspace_id, filters, CHUNK))
    for row in islice(found, MOST_ROWS):
        yield str(write([cell(row[name]) for name in COLUMNS]))
    if next(found, None) is not None:
        yield str(write([cut]))
