"""Figures of hours that are over come from their tallies, and are those of the log itself."""

from datetime import UTC, datetime, timedelta

import pytest

from deliveries.models import Connection, Delivery, DeliveryAttempt, Tally
from deliveries.stats import figures_of, tally
from deliveries.stats.figures import percentile
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 25, 11, 30, 7, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Workspace:
    return Workspace.objects.create(name="Кав'ярня")


def attempt(connection: Connection, hours_ago: float, error: str = "", response_ms: int = 90) -> None:
    started_at = NOW - timedelta(hours=hours_ago)
    DeliveryAttempt.objects.create(
        delivery_id="evt_1", connection=connection, number=1, started_at=started_at, response_ms=response_ms,
        error=error,
    )  # fmt: skip


@pytest.fixture
def week(shop: Workspace) -> Connection:
    """Tries over a week by 49 minutes, of two results, and three events that were given up."""
    connection = connect(shop, "http://127.0.0.1:1/")
    for number in range(200):
        attempt(connection, number * 49 / 60, "TIMEOUT" if number % 3 == 0 else "", number % 20)
    record(shop, *"abc")
    for sequence, hours_ago in ((1, 0), (2, 5), (3, 150)):
        settled_at = NOW - timedelta(hours=hours_ago)
        Delivery.objects.filter(sequence=sequence).update(
            status="dropped", reason="MAX_RETRIES_EXCEEDED", settled_at=settled_at
        )
    return connection


@pytest.mark.parametrize("window", ["1h", "24h", "7d"])
@pytest.mark.parametrize("written_ago", [0, 1, 30, 400], ids=lambda hours: f"written {hours} h ago")
def test_figures_are_the_same_with_tallies_and_without(
    shop: Workspace, week: Connection, window: str, written_ago: int
) -> None:
    without = figures_of(shop.pk, window, NOW)
    tally(NOW - timedelta(hours=written_ago))
    assert figures_of(shop.pk, window, NOW) == without
    assert sum(bucket.dropped for bucket in without.stats.buckets) == {"1h": 1, "24h": 2, "7d": 3}[window]


def test_what_is_recorded_late_is_counted_the_next_time(shop: Workspace, week: Connection) -> None:
    tally(NOW)
    attempt(week, 0.6, "DNS")
    tally(NOW + timedelta(hours=1))
    assert Tally.objects.filter(code="DNS").count() == 1


def test_the_hour_that_runs_is_not_written(shop: Workspace, week: Connection) -> None:
    tally(NOW)
    assert max(Tally.objects.values_list("start", flat=True)) == datetime(2026, 5, 25, 10, tzinfo=UTC)
    before = list(Tally.objects.order_by("pk").values_list("start", "code", "count", "times", "counts"))
    tally(NOW)
    assert list(Tally.objects.order_by("pk").values_list("start", "code", "count", "times", "counts")) == before


@pytest.mark.parametrize(
    ("ms", "kept"), [(7, 7), (19, 19), (99, 100), (214, 220), (999, 1000), (1949, 1900), (5003, 5000)]
)
def test_answer_times_are_at_most_five_per_cent_off(shop: Workspace, ms: int, kept: int) -> None:
    attempt(connect(shop, "http://127.0.0.1:1/"), 3, response_ms=ms)
    tally(NOW)
    assert figures_of(shop.pk, "24h", NOW).stats.p95_ms == kept


def test_tallies_past_the_logs_days_are_forgotten(shop: Workspace, week: Connection) -> None:
    tally(NOW)
    tally(NOW + timedelta(days=40))
    assert Tally.objects.count() == 0


def test_another_workspaces_tallies_stay_theirs(shop: Workspace, week: Connection) -> None:
    tally(NOW)
    other = Workspace.objects.create(name="Сусіди")
    assert figures_of(other.pk, "7d", NOW).errors == []


def test_what_a_stopped_connection_still_owes_counts_as_dropped_when_it_stopped(shop: Workspace) -> None:
    connect(shop, "http://127.0.0.1:1/")
    record(shop, *"abcd")
    Connection.objects.update(closed_at=NOW, close_reason="MAX_RETRIES_EXCEEDED")
    assert figures_of(shop.pk, "1h", NOW).stats.buckets[-1].dropped == 4


@pytest.mark.parametrize(
    ("times", "percent", "expected"), [({}, 50, None), ({5: 1}, 95, 5), ({1: 95, 9: 5}, 95, 1), ({1: 94, 9: 6}, 95, 9)]
)
def test_percentiles(times: dict[int, int], percent: int, expected: int | None) -> None:
    assert percentile(times, percent) == expected
