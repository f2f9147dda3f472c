"""Recording events by API: one or a batch, in order, once, and owed to whoever is connected."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deliveries.models import Delivery
from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES
from happ_webhooks.wire.samples import sample_data
from tests.api.caller import Caller, answer, event
from tests.conftest import connect

UNUSED_URL = "http://127.0.0.1:1/"


@pytest.mark.parametrize("connected", [True, False])
def test_one_event_is_recorded_and_owed_if_somebody_is_connected(
    shop: Workspace, caller: Caller, connected: bool
) -> None:
    if connected:
        connect(shop, UNUSED_URL)
    before = timezone.now()

    document = answer(caller.post("/events", event(source_id="s", chat_id="c", channel="viber")), 202)

    recorded = ChatEvent.objects.get()
    state = "queued" if connected else "recorded"
    assert document == {"accepted": [{"id": recorded.pk, "sequence": 1, "state": state}]}
    assert (recorded.source_id, recorded.chat_id, recorded.channel) == ("s", "c", "viber")
    assert before <= recorded.recorded_at <= timezone.now()
    owed = [(each.event_id, each.sequence, each.chat_id, each.status, each.attempts) for each in Delivery.objects.all()]
    assert owed == ([(recorded.pk, 1, "c", "pending", 0)] if connected else [])


def test_a_batch_is_recorded_in_its_order(shop: Workspace, caller: Caller) -> None:
    batch = [event(source_id=f"s{number}", chat_id=f"c{number % 3}") for number in range(500)]

    accepted = answer(caller.post("/events", {"events": batch}), 202)["accepted"]

    assert [each["sequence"] for each in accepted] == list(range(1, 501))
    recorded = ChatEvent.objects.order_by("sequence").values_list("source_id", "chat_id", "id")
    assert list(recorded) == [
        (sent["source_id"], sent["chat_id"], each["id"]) for sent, each in zip(batch, accepted, strict=True)
    ]


def test_a_duplicate_learns_the_id_and_sequence_of_the_first(shop: Workspace, caller: Caller) -> None:
    connect(shop, UNUSED_URL)
    [first] = answer(caller.post("/events", event(source_id="s")), 202)["accepted"]

    batch = {"events": [event(), event(source_id="s"), event(source_id="t"), event(source_id="t")]}
    accepted = answer(caller.post("/events", batch), 202)["accepted"]

    assert [(each["sequence"], each["state"]) for each in accepted] == [
        (2, "queued"), (1, "duplicate"), (3, "queued"), (3, "duplicate")
    ]  # fmt: skip
    assert accepted[1]["id"] == first["id"]
    assert accepted[3]["id"] == accepted[2]["id"]
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize("type_", EVENT_TYPES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_type_and_channel_is_taken(shop: Workspace, caller: Caller, type_: str, channel: str) -> None:
    sent = event(type=type_, channel=channel, data=sample_data(type_, channel, "2026-05-25T11:30:00Z"))
    answer(caller.post("/events", sent), 202)
    assert (ChatEvent.objects.get().type, ChatEvent.objects.get().channel) == (type_, channel)


@pytest.mark.parametrize(
    "changes",
    [
        {"source_id": "Ґ" * 200, "chat_id": "😀" * 200},
        {"source_id": " ", "chat_id": "a/~\u2028\\"},
        {"occurred_at": "2000-01-01T00:00:00Z"},
        {"occurred_at": "2026-05-25T14:30:07.412345678+03:00"},
        {"occurred_at": (datetime.now(UTC) + timedelta(hours=23)).isoformat()},
        {"data": {"message": {}, "sender": {}, "own": {"big": 10**299, "small": 1e-300, "deep": [[[[{}]]]]}}},
        {"data": {"message": {"text": "x" * 900_000}, "sender": {}}},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_what_is_at_the_edge_is_taken(shop: Workspace, caller: Caller, changes: dict[str, object]) -> None:
    answer(caller.post("/events", event(**changes)), 202)
    assert ChatEvent.objects.count() == 1


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml;q=1", "nonsense"])
def test_any_accept_is_answered_with_json(shop: Workspace, caller: Caller, content_type: str, accept: str) -> None:
    caller.client.defaults["HTTP_ACCEPT"] = accept
    answer(caller.post("/events", event(), content_type), 202)
