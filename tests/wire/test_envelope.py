from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from happ_webhooks.wire import envelope
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, event_body, new_event_id, ping_body

MOMENT = datetime(2026, 5, 25, 14, 30, 7, 412_999, tzinfo=timezone(timedelta(hours=3)))


def body_of(**changes: object) -> str:
    values: dict[str, object] = {
        "event_id": "evt_01JW3Q8Z6T4M8K2V0C5N7R9XYA",
        "type": "message.received",
        "occurred_at": MOMENT,
        "sequence": 18442,
        "workspace_id": "ws_7kq2",
        "channel": "telegram",
        "chat_id": "chat_9f21",
        "data": {"message": {"text": 'Привіт "♥" \x00'}, "unknown": [None, 1.50, True]},
    }
    return event_body(**{**values, **changes})  # type: ignore[arg-type]


def test_the_body_of_an_event_byte_for_byte() -> None:
    assert body_of() == (
        '{"id":"evt_01JW3Q8Z6T4M8K2V0C5N7R9XYA","type":"message.received","timestamp":"2026-05-25T11:30:07.412Z",'
        '"sequence":18442,"workspace_id":"ws_7kq2","channel":"telegram","chat_id":"chat_9f21",'
        '"data":{"message":{"text":"Привіт \\"♥\\" \\u0000"},"unknown":[null,1.5,true]}}'
    )


def test_the_body_of_a_ping_byte_for_byte() -> None:
    assert ping_body(event_id="evt_1", workspace_id="ws_7kq2", occurred_at=datetime(2026, 5, 25, tzinfo=UTC)) == (
        '{"id":"evt_1","type":"ping","timestamp":"2026-05-25T00:00:00.000Z","sequence":0,"workspace_id":"ws_7kq2",'
        '"test":true,"data":{"message":"HAPP checks that this URL accepts chat events."}}'
    )


@pytest.mark.parametrize("type_", EVENT_TYPES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sample_event_is_a_test_in_the_shape_of_a_real_one(type_: str, channel: str) -> None:
    text = envelope.test_event_body(
        type=type_, channel=channel, workspace_id="ws_7kq2", occurred_at=MOMENT, event_id="evt_1"
    )
    body = json.loads(text)
    assert list(body) == [
        "id", "type", "timestamp", "sequence", "workspace_id", "channel", "chat_id", "test", "data",
    ]  # fmt: skip
    assert (body["type"], body["channel"], body["chat_id"]) == (type_, channel, "chat_test")
    assert (body["sequence"], body["test"]) == (0, True)
    assert set(body["data"]) == ({"order"} if type_ == "order.created" else {"message", "sender", "source"})


def test_an_unknown_type_or_channel_has_no_sample() -> None:
    for type_, channel in (("ping", "telegram"), ("message.received", "icq")):
        with pytest.raises(KeyError):
            envelope.test_event_body(type=type_, channel=channel, workspace_id="w", occurred_at=MOMENT, event_id="e")


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_at": datetime(2026, 5, 25)},  # noqa: DTZ001
        {"data": {"a": float("nan")}},
        {"data": {"a": float("inf")}},
        {"data": {"a": "\ud800"}},
        {"chat_id": "\udfff"},
    ],
)
def test_what_json_over_utf_8_cannot_carry_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        body_of(**changes)


def test_event_ids_are_unique_ordered_in_time_and_without_a_dot() -> None:
    ids = [new_event_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert [event_id[4:14] for event_id in ids] == sorted(event_id[4:14] for event_id in ids)
    assert all(event_id.startswith("evt_") and len(event_id) == 30 and "." not in event_id for event_id in ids)
