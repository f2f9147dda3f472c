"""The figures above the log: four numbers, two charts and the most frequent errors of a window of time."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from deliveries import connections
from deliveries.catalogue import Explanation, explain
from deliveries.models import COUNTED, Delivery, Status
from deliveries.stats import WINDOWS, ErrorCount, Figures, figures_of
from integrations.charts import LIMIT_MS, Chart, Series, lines, stacked_bars
from integrations.kept import kept
from integrations.pages.live import etag_of
from integrations.templatetags.pages import milliseconds

SHOWN_ERRORS = 5
#: Pages that are opened or loaded again within this time show the same figures.
FIGURES_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class FrequentError:
    """An error with the words for it."""

    error: ErrorCount
    words: Explanation


@dataclass(frozen=True, kw_only=True)
class Head:
    """`retrying` goes up to COUNTED, then `retrying_capped`."""

    window: str
    windows: list[str]
    title: str
    delivered: int
    retrying: int
    retrying_capped: bool
    dropped: int
    p95_ms: int | None
    tries: Chart
    times: Chart
    errors: list[FrequentError]

    @property
    def etag(self) -> str:
        return etag_of(self)


def head_of(workspace_id: str, window: str, zone: ZoneInfo, now: datetime) -> Head:
    """Eight statements; two while the figures are kept."""
    figures = kept(f"log_{workspace_id}_{window}", lambda: figures_of(workspace_id, window, now), FIGURES_SECONDS)
    buckets, retrying = figures.stats.buckets, _retrying(workspace_id)
    labels = [
        bucket.start.astimezone(zone).strftime("%d.%m. %H:%M" if window == "7d" else "%H:%M") for bucket in buckets
    ]
    return Head(
        window=window,
        windows=list(WINDOWS),
        title=_titles()[window],
        delivered=sum(bucket.delivered for bucket in buckets),
        retrying=min(retrying, COUNTED),
        retrying_capped=retrying > COUNTED,
        dropped=sum(bucket.dropped for bucket in buckets),
        p95_ms=figures.stats.p95_ms,
        tries=_tries(figures, labels),
        times=_times(figures, labels),
        errors=[FrequentError(error=each, words=explain(each.code)) for each in figures.errors[:SHOWN_ERRORS]],
    )


def _titles() -> dict[str, str]:
    return {"1h": _("The last hour"), "24h": _("The last 24 hours"), "7d": _("The last 7 days")}


def _retrying(workspace_id: str) -> int:
    """Events that were tried and wait for their next try; nothing waits at a closed connection."""
    connection = connections.latest(workspace_id)
    if connection is None or not connection.is_open:
        return 0
    tried = Delivery.objects.filter(connection=connection, status=Status.PENDING, attempts__gt=0)
    return tried.order_by()[: COUNTED + 1].count()


def _tries(figures: Figures, labels: list[str]) -> Chart:
    buckets = figures.stats.buckets
    return stacked_bars(
        "tries",
        _("Deliveries and failed attempts"),
        _("For each span of time: attempts that were accepted, attempts that failed, and events that were dropped."),
        labels,
        [
            Series("delivered", _("Delivered"), "good", [bucket.delivered for bucket in buckets]),
            Series("failed", _("Failed attempts"), "warn", [bucket.failed for bucket in buckets]),
            Series("dropped", _("Dropped"), "bad", [bucket.dropped for bucket in buckets]),
        ],
    )


def _times(figures: Figures, labels: list[str]) -> Chart:
    return lines(
        "times",
        _("Answer time"),
        _("For each span of time: half of the answers, and 95 of 100, came within so many milliseconds."),
        labels,
        [
            Series("p50", _("Half of the answers"), "info", [each.p50_ms for each in figures.answer_times]),
            Series("p95", _("95 of 100 answers"), "warn", [each.p95_ms for each in figures.answer_times]),
        ],
        written=milliseconds,
        limit=(LIMIT_MS, _("Limit: 5 s")),
    )
