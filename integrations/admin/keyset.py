"""Lists of large tables: newest first, page by page, each page over a bounded number of rows.

Nothing is counted, no page has a number, and no column can be sorted by. A page starts where the one before ended
(`before`), and looks at no more than WINDOW rows, whatever it is filtered by: where fewer match than fit on it, it
says how far back it has looked, and "Older" goes on from there.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

#: How many rows, newest first, a page looks at: the slowest filter takes a few hundredths of a second for them.
WINDOW = 10_000
BEFORE, DAY, HOUR = "before", "day", "hour"

if TYPE_CHECKING:
    Rows = QuerySet[Any]


@dataclass(frozen=True)
class Span:
    """A day or an hour of it, in UTC; `end` is not part of it."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Key:
    """What a list is ordered by: a column, the rows that the window is laid over, and how the column reads its text.

    `within` holds for the list as well: the rows of the workspace, of the event, of the day.
    """

    column: str
    scope: "Rows"
    within: Q = field(default_factory=Q)
    kind: type = str

    def parsed(self, text: str) -> Any:
        """Raises ValueError."""
        if self.kind is datetime:
            return datetime.fromisoformat(text)
        return self.kind(text)

    def written(self, value: Any) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Link:
    text: str
    query: str
    chosen: bool


class KeysetList(ChangeList):
    """Asks its admin for `key_of(term, span)`, for `complete(rows)`, which reads what the rows show, and `moment`."""

    model_admin: Any
    before: str
    span: Span | None
    chosen: tuple[str, str]
    older: str | None
    looked_back_to: datetime | None

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> "Rows":
        for name in (BEFORE, ORDER_VAR):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        self.before = request.GET.get(BEFORE, "").replace("\0", "")
        self.chosen = request.GET.get(DAY, ""), request.GET.get(HOUR, "")
        self.span = span_of(*self.chosen)
        return super().get_queryset(request, exclude_parameters)

    def get_filters_params(self, params: Any = None) -> Any:
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in {DAY, HOUR}}

    def get_results(self, request: HttpRequest) -> None:
        admin = self.model_admin
        key: Key = admin.key_of(self.query.strip().replace("\0", ""), self.span)
        rows, self.older, self.looked_back_to = self._page(key)
        self.result_list = admin.complete(rows)
        self.result_count = len(rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = admin.get_paginator(request, self.result_list, self.list_per_page)

    def _page(self, key: Key) -> tuple[list[Any], str | None, datetime | None]:
        """The rows, where the next page starts, and how far was looked if the window ended before the page was full."""
        found, scope = (rows.filter(key.within).order_by(f"-{key.column}") for rows in (self.queryset, key.scope))
        if self.before:
            try:
                earlier = {f"{key.column}__lt": key.parsed(self.before)}
            except ValueError:
                return [], None, None
            found, scope = found.filter(**earlier), scope.filter(**earlier)
        # Without a filter the first rows are the page. The key alone: that is read off its index.
        last = scope.values_list(key.column, flat=True)[WINDOW - 1 : WINDOW].first() if self._is_filtered else None
        if last is not None:
            found = found.filter(**{f"{key.column}__gte": last})
        rows = list(found[: self.list_per_page + 1])
        if len(rows) > self.list_per_page:
            rows = rows[: self.list_per_page]
            return rows, key.written(getattr(rows[-1], key.column)), None
        if last is None:
            return rows, None, None
        moments = scope.filter(**{key.column: last}).values_list(self.model_admin.moment, flat=True)
        return rows, key.written(last), moments.first()

    @property
    def _is_filtered(self) -> bool:
        return bool(self.get_filters_params())

    @property
    def older_query(self) -> str:
        return self.get_query_string({BEFORE: self.older})

    @property
    def this_query(self) -> str:
        return self.get_query_string({BEFORE: self.before or None})

    @property
    def newest_query(self) -> str:
        return self.get_query_string()

    @property
    def days(self) -> list[Link]:
        """Every day of which attempts are kept, newest first: read off the calendar, not off the table."""
        today = timezone.now().astimezone(UTC).date()
        days = [today - timedelta(days=number) for number in range(settings.HAPP_LOG_DAYS + 1)]
        return [
            Link(f"{day:%d.%m}", self.get_query_string({DAY: day.isoformat(), HOUR: None}), str(day) == self.chosen[0])
            for day in days
        ]

    @property
    def every_day_query(self) -> str:
        return self.get_query_string({DAY: None, HOUR: None})

    @property
    def hours(self) -> list[Link]:
        """The hours of the chosen day."""
        if self.span is None:
            return []
        return [
            Link(f"{hour:02}", self.get_query_string({HOUR: str(hour)}), str(hour) == self.chosen[1])
            for hour in range(24)
        ]


def span_of(day: str, hour: str) -> Span | None:
    """The chosen day, or the chosen hour of it; None for what is no day."""
    try:
        start = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        if hour:
            start = start.replace(hour=int(hour))
            return Span(start, start + timedelta(hours=1))
        return Span(start, start + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
