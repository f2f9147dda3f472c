"""What was missed, and the figures behind the charts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from deliveries.connections import disconnect_workspace
from deliveries.models import Connection, Delivery, DeliveryAttempt, Gap
from deliveries.stats import WINDOWS, stats_of
from deliveries.sweeper import sweep
from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, answer, problem
from tests.conftest import connect, record

UNUSED_URL = "http://127.0.0.1:1/"
NOW = datetime(2026, 5, 25, 11, 30, 7, tzinfo=UTC)


def gaps(caller: Caller) -> list[tuple[object, ...]]:
    document = answer(caller.get("/chat-webhook/gaps"))
    assert list(document) == ["data"]
    for gap in document["data"]:
        assert list(gap) == ["reason", "first_sequence", "last_sequence", "count", "opened_at", "closed_at"]
        assert gap["opened_at"].endswith("Z")
        assert (gap["closed_at"] or "Z").endswith("Z")
    return [
        (gap["reason"], gap["first_sequence"], gap["last_sequence"], gap["count"], gap["closed_at"] is None)
        for gap in document["data"]
    ]


def test_a_gap_opens_with_what_waits_grows_while_nobody_is_connected_and_closes_with_a_connect(
    shop: Workspace, caller: Caller
) -> None:
    assert gaps(caller) == []
    connect(shop, UNUSED_URL)
    record(shop, "a", "b", "c")
    Delivery.objects.filter(sequence=1).update(status="delivered")
    assert gaps(caller) == []

    disconnect_workspace(shop.pk)
    assert gaps(caller) == [("DISCONNECTED", 2, None, 2, True)]
    record(shop, "a", "b")
    assert gaps(caller) == [("DISCONNECTED", 2, None, 4, True)]
    sweep()
    assert gaps(caller) == [("DISCONNECTED", 2, None, 4, True)]

    connect(shop, UNUSED_URL)
    record(shop, "a")
    assert gaps(caller) == [("DISCONNECTED", 2, 5, 4, False)]
    [gap] = Gap.objects.all()
    missed = answer(caller.get(f"/events?after={gap.first_sequence - 1}&until={gap.last_sequence}"))
    assert [each["sequence"] for each in missed["data"]] == [2, 3, 4, 5]


def test_gaps_are_listed_newest_first_for_thirty_days(shop: Workspace, caller: Caller) -> None:
    for _turn in range(3):
        connect(shop, UNUSED_URL)
        record(shop, "a")
        disconnect_workspace(shop.pk)
    oldest = Gap.objects.order_by("opened_at")[0]
    assert [gap[1] for gap in gaps(caller)] == [3, 2, 1]
    Gap.objects.filter(pk=oldest.pk).update(opened_at=timezone.now() - timedelta(days=30, seconds=1))
    assert [gap[1] for gap in gaps(caller)] == [3, 2]


@pytest.mark.parametrize("path", ["gaps?limit=3", "gaps?x", "stats?since=1h", "deliveries/evt_1?x=1"])
def test_an_unknown_parameter_is_not_passed_over(shop: Workspace, caller: Caller, path: str) -> None:
    [(pointer, code)] = problem(caller.get(f"/chat-webhook/{path}"), 422, "validation")
    assert (pointer[0], code) == ("?", "unknown")


def attempt(connection: Connection, seconds_ago: float, error: str = "", response_ms: int = 10) -> None:
    DeliveryAttempt.objects.create(
        delivery_id="evt_1", connection=connection, number=1, started_at=NOW - timedelta(seconds=seconds_ago),
        response_ms=response_ms, error=error, detail="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("window", "start", "span", "count"),
    [
        ("1h", datetime(2026, 5, 25, 10, 35, tzinfo=UTC), timedelta(minutes=5), 12),
        ("24h", datetime(2026, 5, 24, 12, 0, tzinfo=UTC), timedelta(hours=1), 24),
        ("7d", datetime(2026, 5, 18, 12, 0, tzinfo=UTC), timedelta(hours=6), 28),
    ],
)
def test_every_try_within_the_window_is_in_exactly_one_bucket(
    shop: Workspace, window: str, start: datetime, span: timedelta, count: int
) -> None:
    connection = connect(shop, UNUSED_URL)
    length = (NOW - start).total_seconds()
    for seconds_ago in (0, 1, 299, 301, length - 1, length, length + 1):
        attempt(connection, seconds_ago)

    found = stats_of(shop.pk, window, NOW)

    assert [bucket.start for bucket in found.buckets] == [start + span * number for number in range(count)]
    assert sum(bucket.delivered for bucket in found.buckets) == 6
    assert found.buckets[0].delivered == 2
    assert found.buckets[-1].delivered == (2 if window == "1h" else 4)


def test_figures_add_up_over_connections_and_leave_out_everybody_elses(shop: Workspace) -> None:
    first = connect(shop, UNUSED_URL)
    record(shop, "a", "b")
    second = connect(shop, UNUSED_URL)
    stranger = connect(Workspace.objects.create(name="Сусіди"), UNUSED_URL)
    for number in range(1, 101):
        attempt(first if number % 2 else second, number, response_ms=number)
    for error in ("TIMEOUT", "HTTP_500", "TIMEOUT"):
        attempt(second, 5, error, response_ms=50)
    attempt(stranger, 5, "DNS", response_ms=9999)
    Delivery.objects.filter(sequence=2).update(status="dropped", settled_at=NOW)

    found = stats_of(shop.pk, "1h", NOW)

    totals = [(each.delivered, each.failed, each.dropped) for each in found.buckets if each != found.buckets[-1]]
    assert found.errors == [("TIMEOUT", 2), ("HTTP_500", 1)]
    assert (found.p50_ms, found.p95_ms) == (50, 95)
    last = found.buckets[-1]
    assert [sum(column) for column in zip(*totals, (last.delivered, last.failed, last.dropped), strict=True)] == [
        100, 3, 1
    ]  # fmt: skip
    assert (last.failed, last.dropped) == (3, 1)


@pytest.mark.parametrize("window", [None, *WINDOWS])
def test_an_empty_log_has_buckets_of_nothing(shop: Workspace, caller: Caller, window: str | None) -> None:
    document: dict[str, Any] = answer(caller.get("/chat-webhook/stats", {"window": window} if window else None))
    assert list(document) == ["window", "buckets", "p50_ms", "p95_ms", "errors"]
    assert document["window"] == (window or "24h")
    assert (document["p50_ms"], document["p95_ms"], document["errors"]) == (None, None, [])
    assert len(document["buckets"]) == WINDOWS[window or "24h"][1]
    assert {tuple(bucket)[1:] for bucket in document["buckets"]} == {("delivered", "failed", "dropped")}
    assert all(bucket["start"].endswith("Z") for bucket in document["buckets"])


def test_an_unknown_window_is_named(shop: Workspace, caller: Caller) -> None:
    assert problem(caller.get("/chat-webhook/stats?window=1y"), 422, "validation") == [("?window", "invalid")]
