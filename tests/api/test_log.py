"""The delivery log: what became of each event, newest first, by filters and pages; never any content."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from deliveries.connections import disconnect_workspace
from deliveries.models import Connection, Delivery
from deliveries.sweeper import sweep
from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, answer, problem
from tests.conftest import connect, record
from tests.eight import UNUSED_URL, eight_deliveries

FIELDS = [
    "event_id", "sequence", "type", "channel", "chat_id", "status", "reason", "attempts", "last_status_code",
    "last_error", "last_response_ms", "recorded_at", "first_attempt_at", "next_attempt_at", "settled_at",
]  # fmt: skip


def log(caller: Caller, **query: object) -> list[dict[str, Any]]:
    document = answer(caller.get("/chat-webhook/deliveries", query))
    assert sorted(document) == ["data", "next_cursor"]
    return list(document["data"])


def sequences(caller: Caller, **query: object) -> list[int]:
    return [row["sequence"] for row in log(caller, **query)]


def test_a_fresh_delivery_shows_all_and_only_what_is_promised(shop: Workspace, caller: Caller) -> None:
    connect(shop, UNUSED_URL)
    [accepted] = record(shop, "chat_9")

    [row] = log(caller)

    assert list(row) == FIELDS
    recorded_at = row.pop("recorded_at")
    assert recorded_at.endswith("Z")
    assert abs(datetime.fromisoformat(recorded_at) - timezone.now()) < timedelta(seconds=10)
    assert row == {
        "event_id": accepted.id, "sequence": 1, "type": "message.received", "channel": "telegram",
        "chat_id": "chat_9", "status": "pending", "reason": None, "attempts": 0, "last_status_code": None,
        "last_error": None, "last_response_ms": None, "first_attempt_at": None, "next_attempt_at": None,
        "settled_at": None,
    }  # fmt: skip


@pytest.fixture
def eight(shop: Workspace) -> Workspace:
    eight_deliveries(shop)
    return shop


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [8, 7, 6, 5, 4, 3, 2, 1]),
        ({"status": "pending"}, [8, 7, 6, 5]),
        ({"status": "delivered"}, [2, 1]),
        ({"status": "dropped"}, [3]),
        ({"status": "cancelled"}, [4]),
        ({"channel": "viber"}, [6]),
        ({"channel": "facebook"}, []),
        ({"chat_id": "odd"}, [7, 5, 3, 1]),
        ({"chat_id": "odd", "status": "pending"}, [7, 5]),
        ({"error": "TIMEOUT"}, [6, 3]),
        ({"error": "HTTP_500", "status": "pending", "limit": 1}, [5]),
        ({"cursor": "s4"}, [3, 2, 1]),
        ({"cursor": "s1"}, []),
        ({"cursor": "s" + "9" * 18, "limit": 2}, [8, 7]),
    ],
)
def test_filters(eight: Workspace, caller: Caller, query: dict[str, object], expected: list[int]) -> None:
    assert sequences(caller, **query) == expected


@pytest.mark.parametrize("limit", [1, 3, 4, 8, 100])
def test_walking_the_pages_meets_every_delivery_once_also_while_events_come_in(
    eight: Workspace, caller: Caller, limit: int
) -> None:
    walked: list[int] = []
    query: dict[str, object] = {"limit": limit}
    while True:
        document = answer(caller.get("/chat-webhook/deliveries", query))
        walked += [row["sequence"] for row in document["data"]]
        record(eight, "late")
        if document["next_cursor"] is None:
            break
        query["cursor"] = document["next_cursor"]
    assert walked == [8, 7, 6, 5, 4, 3, 2, 1]


def test_since_and_until_are_over_the_time_of_recording(eight: Workspace, caller: Caller) -> None:
    noon = datetime.fromisoformat("2026-05-25T12:00:00Z")
    for sequence in range(1, 9):
        Delivery.objects.filter(sequence=sequence).update(recorded_at=noon + timedelta(minutes=sequence))
    assert sequences(caller, since="2026-05-25T12:06:00Z") == [8, 7, 6]
    assert sequences(caller, until="2026-05-25T12:03:00Z") == [2, 1]
    assert sequences(caller, since="2026-05-25T15:03:00+03:00", until="2026-05-25T12:05:00Z") == [4, 3]
    assert sequences(caller, since="0001-01-01T00:00:00+14:00", until="9999-12-31T23:59:59-14:00", limit=1) == [8]


@pytest.mark.parametrize(("reason", "status"), [("DISCONNECTED", "cancelled"), ("MAX_RETRIES_EXCEEDED", "dropped"),
                                                ("GONE", "dropped")])  # fmt: skip
def test_what_a_closed_connection_still_owes_counts_as_settled_at_once_and_looks_the_same_once_it_is(
    eight: Workspace, caller: Caller, reason: str, status: str
) -> None:
    Delivery.objects.filter(sequence=5).update(next_attempt_at=timezone.now())
    disconnect_workspace(eight.pk)
    Connection.objects.update(close_reason=reason)
    closed_at = Connection.objects.get().closed_at
    assert closed_at is not None

    at_once = log(caller)
    assert Delivery.objects.filter(status="pending").count() == 4
    assert sequences(caller, status="pending") == []
    narrowed = sequences(caller, status=status)
    sweep()

    assert [(row["sequence"], row["status"], row["reason"]) for row in at_once] == [
        *((number, status, reason) for number in (8, 7, 6, 5)),
        (4, "cancelled", "DISCONNECTED"), (3, "dropped", "MAX_RETRIES_EXCEEDED"),
        (2, "delivered", None), (1, "delivered", None),
    ]  # fmt: skip
    assert narrowed == [8, 7, 6, 5, 4 if status == "cancelled" else 3]
    assert {row["next_attempt_at"] for row in at_once} == {None}
    assert datetime.fromisoformat(at_once[0]["settled_at"]) == closed_at
    assert Delivery.objects.filter(status="pending").count() == 0
    assert log(caller) == at_once
    assert sequences(caller, status="pending") == []


@pytest.mark.parametrize(
    "query",
    ["status=waiting", "status=", "channel=sms", "chat_id=", "chat_id=" + "x" * 201, "error=" + "X" * 21, "limit=0",
     "limit=101", "cursor=", "cursor=s", "cursor=7", "cursor=s7%0A", "cursor=s" + "1" * 19, "since=yesterday",
     "since=2026-05-25T12:00:00", "until=2026-05-25T12:00:00+03:00", "until=a&until=b"],
    ids=lambda query: query[:16],
)  # fmt: skip
def test_a_bad_parameter_is_named(shop: Workspace, caller: Caller, query: str) -> None:
    response = caller.get(f"/chat-webhook/deliveries?{query}")
    assert problem(response, 422, "validation") == [(f"?{query.partition('=')[0]}", "invalid")]
