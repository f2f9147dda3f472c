"""What is recorded by API arrives as the documents say: its headers, its fields, and the examples byte for byte."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from deliveries.api.examples import examples
from deliveries.api.incoming import PARTS
from deliveries.api.webhooks import (
    EXAMPLE_CHAT,
    EXAMPLE_ID,
    EXAMPLE_SECRET,
    EXAMPLE_SEQUENCE,
    EXAMPLE_TIME,
    EXAMPLE_WORKSPACE,
    example_body,
    example_data,
    example_test_body,
)
from deliveries.receiver_docs import events, pages, vectors
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.data_schema import KINDS
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING
from happ_webhooks.wire.event_schema import event_schema, every_event
from happ_webhooks.wire.header_schema import HEADERS
from happ_webhooks.wire.signature import sign
from tests.api.caller import answer, caller_with, event
from tests.api.test_openapi_file import COMMITTED
from tests.conftest import connect, visits
from tests.receiver import Arrival, Receiver

TRANSPORT = {"host", "content-length", "connection"}
OF_THIS_TRY = {"webhook-id", "webhook-timestamp", "webhook-signature"}
PUBLISHED = Draft202012Validator(every_event())
EVERY_EVENT = [(type_, channel) for type_ in EVENT_TYPES for channel in CHANNELS]


@pytest.fixture
def shop(transactional_db: None) -> Workspace:
    return Workspace.objects.create(pk=EXAMPLE_WORKSPACE, name="Кав'ярня", last_sequence=EXAMPLE_SEQUENCE - 1)


def delivered(shop: Workspace, receiver: Receiver, *sent: dict[str, Any]) -> list[Arrival]:
    connection = connect(shop, receiver.url, "pass-1")
    answer(caller_with(shop).post("/events", {"events": list(sent)}), 202)
    visits(connection)
    return receiver.arrivals


@pytest.mark.parametrize(("type_", "channel"), EVERY_EVENT)
def test_an_event_arrives_as_the_documents_show_it(
    shop: Workspace, receiver: Receiver, type_: str, channel: str
) -> None:
    at = EXAMPLE_TIME.isoformat()
    sent = event(type=type_, channel=channel, chat_id=EXAMPLE_CHAT, occurred_at=at, data=example_data(type_, channel))
    [arrival] = delivered(shop, receiver, sent)

    assert arrival.body.decode().replace(arrival.event["id"], EXAMPLE_ID) == example_body(type_, channel)
    PUBLISHED.validate(arrival.event)
    Draft202012Validator(event_schema(type_)).validate(arrival.event)
    assert not [each for each in EVENT_TYPES if each != type_ and fits(each, arrival)]
    shown = json.loads(example_body(type_, channel))
    assert json.dumps(shown, ensure_ascii=False, indent=2) in pages()["events.md"]
    webhook = yaml.safe_load(COMMITTED.read_text())["webhooks"][type_]["post"]
    assert webhook["requestBody"]["content"]["application/json"]["examples"][channel]["value"] == shown


def fits(type_: str, arrival: Arrival) -> bool:
    return Draft202012Validator(event_schema(type_)).is_valid(arrival.event)


def test_its_headers_are_those_of_the_documents(shop: Workspace, receiver: Receiver) -> None:
    [arrival] = delivered(shop, receiver, event())
    documented = {each.name: each.example for each in HEADERS if each.always}
    assert set(arrival.headers) - TRANSPORT == {*documented, "authorization"}
    fixed = {name: value for name, value in documented.items() if name not in OF_THIS_TRY}
    assert {name: arrival.headers[name] for name in fixed} == fixed
    assert documented["webhook-id"] == EXAMPLE_ID
    assert documented["webhook-timestamp"] == str(int(EXAMPLE_TIME.timestamp()))


def test_the_examples_are_of_an_event_that_was_recorded() -> None:
    for type_, channel in EVERY_EVENT:
        body = json.loads(example_body(type_, channel))
        assert (body["sequence"], body["chat_id"], "test" in body) == (18442, "chat_9f21", False)
        assert "test" not in json.dumps(body["data"])


def test_test_events_have_an_example_of_their_own() -> None:
    for type_ in EVENT_TYPES:
        webhook = yaml.safe_load(COMMITTED.read_text())["webhooks"][type_]["post"]
        example = webhook["requestBody"]["content"]["application/json"]["examples"]["test"]["value"]
        assert example == json.loads(example_test_body(type_, "telegram"))
        assert (example["test"], example["sequence"]) == (True, 0)
        PUBLISHED.validate(example)


@pytest.mark.parametrize("type_", [*EVENT_TYPES, PING])
def test_the_signature_of_the_api_document_fits_its_first_example(type_: str) -> None:
    webhook = yaml.safe_load(COMMITTED.read_text())["webhooks"][type_]["post"]
    headers = {each["name"]: each["example"] for each in webhook["parameters"]}
    first = next(iter(webhook["requestBody"]["content"]["application/json"]["examples"].values()))["value"]
    raw = json.dumps(first, ensure_ascii=False, separators=(",", ":")).encode()
    signed = sign([EXAMPLE_SECRET], headers["webhook-id"], int(headers["webhook-timestamp"]), raw)
    assert headers["webhook-signature"] == signed


def test_the_signature_of_the_docs_fits_the_first_published_vector() -> None:
    published = json.loads(pages()["vectors.json"])
    first = published["vectors"][0]
    example = next(each.example for each in HEADERS if each.name == "webhook-signature")
    assert example == first["signature"]
    assert published["secret"] == vectors.SECRET == EXAMPLE_SECRET
    assert Webhook(published["secret"]).sign(published["webhook_id"], EXAMPLE_TIME, first["body"]) == example
    assert f"`{example}`" in events.page()


def test_whatever_the_api_takes_fits_the_published_schema(shop: Workspace, receiver: Receiver) -> None:
    """Of `data` the API asks for its parts only, and so does the schema."""
    bare = [
        event(type=type_, data={part: {} for part in parts} | {"own": [None, {"a": 1}]})
        for type_, parts in PARTS.items()
    ]
    arrived = delivered(shop, receiver, *bare)
    assert [each.event["type"] for each in arrived] == list(EVENT_TYPES)
    for arrival in arrived:
        PUBLISHED.validate(arrival.event)
        assert event_schema(arrival.event["type"])["properties"]["data"]["required"] == list(
            PARTS[arrival.event["type"]]
        )


def test_what_may_come_without_notice_fits_the_published_schema() -> None:
    known = json.loads(example_body("message.received", "telegram"))
    PUBLISHED.validate({**known, "type": "chat.started", "data": {"chat": {"mode": "ai"}}})
    PUBLISHED.validate({**known, "channel": "tiktok", "something_new": {"a": [1]}})
    message = {**known["data"]["message"], "kind": "poll", "direction": "internal", "attachments": [{"any": "thing"}]}
    PUBLISHED.validate({**known, "data": {"message": message, "sender": {**known["data"]["sender"], "role": "bot"}}})


def test_what_is_promised_is_required() -> None:
    known = json.loads(example_body("message.received", "telegram"))
    for name in known:
        assert not PUBLISHED.is_valid({key: value for key, value in known.items() if key != name}), name
    for part in ("message", "sender"):
        data = {key: value for key, value in known["data"].items() if key != part}
        assert not PUBLISHED.is_valid({**known, "data": data})


def test_the_published_schema_lists_values_in_words_and_refuses_none() -> None:
    text = pages()["events.schema.json"]
    assert '"enum"' not in text
    assert '"oneOf"' not in text
    assert json.loads(text) == every_event()
    for value in (*EVENT_TYPES, PING, *CHANNELS, *KINDS):
        assert f"`{value}`" in text


def test_the_fetched_example_is_of_the_schema_of_the_same_document() -> None:
    fetched = examples()["fetch_events"]["200"]["data"]
    assert [envelope["type"] for envelope in fetched] == ["message.received", "order.created"]
    for envelope in fetched:
        Draft202012Validator(event_schema(envelope["type"])).validate(envelope)
        assert envelope["data"] == example_data(envelope["type"], envelope["channel"])
