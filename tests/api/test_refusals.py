"""A bad request is refused whole: a problem document names each field, and nothing is recorded."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.api.caller import MEGABYTE, Caller, event, problem
from tests.conftest import connect


@pytest.fixture(autouse=True)
def nothing_happens(shop: Workspace) -> Iterator[None]:
    """Around every test here: it leaves no event, no delivery, no number and no wake."""
    connection = connect(shop, "http://127.0.0.1:1/")
    before = Connection.objects.values().get(pk=connection.pk)
    yield
    shop.refresh_from_db()
    assert shop.last_sequence == 0
    assert (ChatEvent.objects.count(), Delivery.objects.count()) == (0, 0)
    assert Connection.objects.values().get(pk=connection.pk) == before


def soon(**ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


BAD_FIELDS = [
    ({"source_id": ...}, "/source_id", "text"),
    ({"source_id": ""}, "/source_id", "text"),
    ({"source_id": "x" * 201}, "/source_id", "text"),
    ({"source_id": 7}, "/source_id", "text"),
    ({"source_id": None}, "/source_id", "text"),
    ({"chat_id": ...}, "/chat_id", "text"),
    ({"chat_id": ["c"]}, "/chat_id", "text"),
    ({"type": ...}, "/type", "choice"),
    ({"type": "ping"}, "/type", "choice"),
    ({"type": ["order.created"]}, "/type", "choice"),
    ({"type": {}}, "/type", "choice"),
    ({"channel": "sms"}, "/channel", "choice"),
    ({"channel": "Telegram"}, "/channel", "choice"),
    ({"channel": True}, "/channel", "choice"),
    ({"occurred_at": ...}, "/occurred_at", "time"),
    ({"occurred_at": 1779708607}, "/occurred_at", "time"),
    ({"occurred_at": ""}, "/occurred_at", "time"),
    ({"occurred_at": "2026-05-25T11:30:00"}, "/occurred_at", "time"),
    ({"occurred_at": "2026-05-25"}, "/occurred_at", "time"),
    ({"occurred_at": "2026-13-45T11:30:00Z"}, "/occurred_at", "time"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at", "range"),
    ({"occurred_at": "1999-12-31T23:59:59Z"}, "/occurred_at", "range"),
    ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "/occurred_at", "range"),
    ({"occurred_at": "2999-05-25T11:30:00Z"}, "/occurred_at", "range"),
    ({"data": ...}, "/data", "type"),
    ({"data": None}, "/data", "type"),
    ({"data": []}, "/data", "type"),
    ({"data": "text"}, "/data", "type"),
    ({"data": {"message": {}}}, "/data/sender", "required"),
    ({"data": {"message": "hi", "sender": {}}}, "/data/message", "required"),
    ({"type": "order.created"}, "/data/order", "required"),
    ({"extra": 1}, "/extra", "unknown"),
    ({"id": "evt_1"}, "/id", "unknown"),
    ({"a/b~c": 1}, "/a~1b~0c", "unknown"),
    ({"x" * 5000: 1}, "/" + "x" * 100, "unknown"),
]


def test_a_time_more_than_a_day_ahead_is_no_clock_that_differs(caller: Caller) -> None:
    refused = caller.post("/events", event(occurred_at=soon(days=1, minutes=1)))
    assert problem(refused, 422, "validation") == [("/occurred_at", "range")]


@pytest.mark.parametrize(("changes", "pointer", "code"), BAD_FIELDS, ids=lambda value: str(value)[:40])
def test_a_bad_field_is_named(caller: Caller, changes: dict[str, object], pointer: str, code: str) -> None:
    assert problem(caller.post("/events", event(**changes)), 422, "validation") == [(pointer, code)]


@pytest.mark.parametrize(("changes", "pointer", "code"), BAD_FIELDS, ids=lambda value: str(value)[:40])
def test_one_bad_item_refuses_the_batch(caller: Caller, changes: dict[str, object], pointer: str, code: str) -> None:
    batch = {"events": [event(), event(**changes), event()]}
    assert problem(caller.post("/events", batch), 422, "validation") == [(f"/events/1{pointer}", code)]


def test_every_bad_item_is_named(caller: Caller) -> None:
    good_or_bad = [event() if number % 2 else event(channel="sms", chat_id=0) for number in range(500)]
    named = problem(caller.post("/events", {"events": good_or_bad}), 422, "validation")
    assert named == [
        (f"/events/{number}/{field}", code)
        for number in range(0, 500, 2)
        for field, code in (("chat_id", "text"), ("channel", "choice"))
    ]


def test_an_item_full_of_errors_gets_an_answer_of_bounded_length(caller: Caller) -> None:
    crowded = event(**{f"own_{number}": 1 for number in range(30_000)})
    named = problem(caller.post("/events", {"events": [crowded, event(type=1)]}), 422, "validation")
    assert len(named) == 21
    assert named[-1] == ("/events/1/type", "choice")


@pytest.mark.parametrize("body", [[], "text", 7, None, True, [{}]], ids=json.dumps)
def test_the_body_must_be_an_object(caller: Caller, body: object) -> None:
    assert problem(caller.post("/events", json.dumps(body)), 422, "validation") == [("", "type")]


@pytest.mark.parametrize("events", [[], {}, None, "x", 3, [0] * 501], ids=lambda events: str(events)[:10])
def test_a_batch_is_a_list_of_1_to_500(caller: Caller, events: object) -> None:
    assert problem(caller.post("/events", {"events": events}), 422, "validation") == [("/events", "length")]


def test_items_must_be_objects_and_stand_alone(caller: Caller) -> None:
    named = problem(caller.post("/events", {"events": [None, event(), []]}), 422, "validation")
    assert named == [("/events/0", "type"), ("/events/2", "type")]
    named = problem(caller.post("/events", {"events": [event()], "chat_id": "c", "x/": 1}), 422, "validation")
    assert named == [("/chat_id", "unknown"), ("/x~1", "unknown")]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (rb'"\ud83d"', 422), (rb'"a\u0000b"', 422), (b"1e400", 400), (b"-1e400", 400), (b"9" * 5000, 400),
        (b"NaN", 400), (b"-Infinity", 400), (b'"\x00"', 400), (b'"\xff"', 400), (b'"\xed\xa0\x80"', 400),
        (b"[" * 65 + b"]" * 65, 422), (b"[" * 100_000 + b"]" * 100_000, 400), (b"", 400), (b"{", 400), (b"01", 400),
    ],
    ids=lambda value: str(value)[:16],
)  # fmt: skip
@pytest.mark.parametrize("where", ["/data/message", "/source_id", "/events/1/chat_id"])
def test_what_no_receiver_could_be_sent_is_refused_anywhere(
    caller: Caller, where: str, text: bytes, status: int
) -> None:
    bodies = {
        "/data/message": event(data={"message": "HERE", "sender": {}}),
        "/source_id": event(source_id="HERE"),
        "/events/1/chat_id": {"events": [event(), event(chat_id="HERE")]},
    }
    raw = json.dumps(bodies[where]).encode().replace(b'"HERE"', text)
    [(pointer, code)] = problem(caller.post("/events", raw), status, "validation")
    assert (pointer == "") if status == 400 else pointer.startswith(where)
    assert code == ("json" if status == 400 else "text")


def test_more_than_a_mebibyte_is_too_large(caller: Caller) -> None:
    body = json.dumps(event(data={"message": {"text": "x" * MEGABYTE}, "sender": {}}))
    assert problem(caller.post("/events", body), 413, "too_large") == []


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data; boundary=x",
     "application/vnd.api+json", "json"],
)  # fmt: skip
def test_only_json_is_read(caller: Caller, content_type: str) -> None:
    assert problem(caller.post("/events", event(), content_type), 415, "unsupported_media_type") == []


@pytest.mark.parametrize("content_type", ["application/json", "", "text/plain"])
def test_an_empty_body_is_said_to_be_empty(caller: Caller, content_type: str) -> None:
    assert problem(caller.post("/events", b"", content_type), 400, "validation") == [("", "json")]
