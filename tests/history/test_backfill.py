"""The back-fill API: everything recorded, in order, byte for byte as it is POSTed."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliveries.intake import take_in
from happ_webhooks.history import backfill
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.api.caller import Caller, answer, caller_with, event, problem
from tests.conftest import connect, visit
from tests.history.incoming import incoming
from tests.receiver import Receiver

AWKWARD = 'Ґ "лапки" \\ </script> \u2028 \u007f 😀 \u0301 \t\r\n'


def raw_of(response: HttpResponse) -> bytes:
    answer(response)
    return response.content.removeprefix(b'{"data":[').rpartition(b'],"next_after":')[0]


def page(caller: Caller, **query: object) -> tuple[list[int], int, bool]:
    document = answer(caller.get("/events", query))
    assert sorted(document) == ["data", "has_more", "next_after"]
    return [each["sequence"] for each in document["data"]], document["next_after"], document["has_more"]


def test_what_is_fetched_is_what_was_posted(workspace: Workspace, receiver: Receiver) -> None:
    caller = caller_with(workspace)
    connection = connect(workspace, receiver.url)
    data: dict[str, Any] = {
        "message": {"text": AWKWARD, "ціна": 1.50, "big": 10**200},
        "sender": {},
        "own": [None, {"": []}],
    }
    answer(caller.post("/events", {"events": [event(data=data), event()]}), 202)

    while visit(connection) == "waiting":
        pass

    assert raw_of(caller.get("/events")) == b",".join(arrival.body for arrival in receiver.arrivals)
    assert json.loads(receiver.arrivals[0].body)["data"] == data


def test_an_envelope_is_kept_to_the_letter(shop: Workspace, caller: Caller) -> None:
    sent = event(occurred_at="2026-05-25T14:30:07.4129+03:00", data={"order": {"total": "1.00"}}, type="order.created")
    [accepted] = answer(caller.post("/events", sent), 202)["accepted"]

    body = (
        f'{{"id":"{accepted["id"]}","type":"order.created","timestamp":"2026-05-25T11:30:07.412Z","sequence":1,'
        f'"workspace_id":"{shop.pk}","channel":"telegram","chat_id":"chat_1","data":{{"order":{{"total":"1.00"}}}}}}'
    )
    assert ChatEvent.objects.get().body == body
    assert raw_of(caller.get("/events")).decode() == body


def keys() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@given(own=st.dictionaries(keys(), st.none() | st.integers() | keys() | st.lists(keys()), max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_data_comes_back_unchanged(db: None, own: dict[str, Any]) -> None:
    workspace = Workspace.objects.create(name="Квіти поруч")
    caller = caller_with(workspace)
    data = {"message": own, "sender": own} | {name: own[name] for name in own if name not in {"message", "sender"}}
    answer(caller.post("/events", event(data=data)), 202)

    assert answer(caller.get("/events"))["data"][0]["data"] == data
    assert raw_of(caller.get("/events")).decode() == ChatEvent.objects.get(workspace=workspace).body


@pytest.fixture
def ten(shop: Workspace) -> Workspace:
    take_in(shop.pk, [incoming(f"s{number}", chat="odd" if number % 2 else "even") for number in range(1, 10)])
    take_in(shop.pk, [incoming("s10", chat="even", channel="viber")])
    return shop


@pytest.mark.parametrize(
    ("query", "sequences", "next_after", "has_more"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10, False),
        ({"after": 8}, [9, 10], 10, False),
        ({"after": 10}, [], 10, False),
        ({"after": 99}, [], 99, False),
        ({"until": 3}, [1, 2, 3], 3, False),
        ({"until": 0}, [], 0, False),
        ({"after": 4, "until": 6}, [5, 6], 6, False),
        ({"after": 6, "until": 4}, [], 6, False),
        ({"limit": 3}, [1, 2, 3], 3, True),
        ({"limit": 10}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10, False),
        ({"limit": 9}, [1, 2, 3, 4, 5, 6, 7, 8, 9], 9, True),
        ({"after": 2, "until": 6, "limit": 3}, [3, 4, 5], 5, True),
        ({"after": 2, "until": 5, "limit": 3}, [3, 4, 5], 5, False),
        ({"chat_id": "odd", "limit": 2}, [1, 3], 3, True),
        ({"channel": "viber"}, [10], 10, False),
        ({"channel": "telegram", "chat_id": "even", "after": 2}, [4, 6, 8], 8, False),
        ({"channel": "viber", "chat_id": "odd"}, [], 0, False),
        ({"until": 2**63 - 1, "after": 2**63 - 1}, [], 2**63 - 1, False),
    ],
)
def test_pages_and_filters(
    ten: Workspace, caller: Caller, query: dict[str, object], sequences: list[int], next_after: int, has_more: bool
) -> None:
    assert page(caller, **query) == (sequences, next_after, has_more)


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_walking_the_pages_meets_every_event_once(ten: Workspace, caller: Caller, limit: int) -> None:
    walked: list[int] = []
    after, has_more = 0, True
    while has_more:
        found, after, has_more = page(caller, after=after, limit=limit)
        walked += found
    assert walked == list(range(1, 11))


def test_large_events_make_a_page_shorter_but_never_empty(
    ten: Workspace, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(ChatEvent.objects.get(sequence=1).body.encode())
    monkeypatch.setattr(backfill, "LARGEST_PAGE", 2 * size + 10)
    assert page(caller) == ([1, 2], 2, True)
    monkeypatch.setattr(backfill, "LARGEST_PAGE", 1)
    assert page(caller, after=9) == ([10], 10, False)


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "after=1.0", "after=%2B1", "after=٣", f"after={2**63}", "after=" + "9" * 5000, "until=",
     "limit=0", "limit=501", "limit=1&limit=2", "channel=sms", "channel=", "chat_id=", "chat_id=a%00b",
     "chat_id=" + "x" * 201],
    ids=lambda query: query[:20],
)  # fmt: skip
def test_a_bad_parameter_is_named(shop: Workspace, caller: Caller, query: str) -> None:
    response = caller.get(f"/events?{query}")
    assert problem(response, 422, "validation") == [(f"?{query.partition('=')[0]}", "invalid")]


def test_an_unknown_parameter_is_not_passed_over(shop: Workspace, caller: Caller) -> None:
    response = caller.get("/events?afer=3&format=xml&limit=0")
    assert problem(response, 422, "validation") == [
        ("?afer", "unknown"), ("?format", "unknown"), ("?limit", "invalid")
    ]  # fmt: skip
