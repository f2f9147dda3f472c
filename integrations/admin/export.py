"""A page of a list as CSV."""

import csv
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from integrations.spreadsheets import cell


def as_csv(admin: Any, request: HttpRequest, columns: Sequence[str]) -> HttpResponse:
    """The rows that the list shows for this request's query, a column for each of these attributes."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{admin.opts.model_name}.csv"'
    writer = csv.writer(response)
    writer.writerow([column.replace("delivery_id", "event_id").replace("stands", "status") for column in columns])
    for row in admin.get_changelist_instance(request).result_list:
        writer.writerow([cell(getattr(row, column)) for column in columns])
    return response
