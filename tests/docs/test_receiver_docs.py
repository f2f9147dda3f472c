"""The docs for receivers say what is really sent."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks.webhooks
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook, WebhookVerificationError

from deliveries.api.webhooks import EXAMPLE_ID, example_body, example_test_body
from deliveries.receiver_docs import folder, pages
from deliveries.receiver_docs.vectors import NOW, SECRET, Vector, vectors
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING
from happ_webhooks.wire.event_schema import event_schema, every_event
from happ_webhooks.wire.header_schema import HEADERS
from integrations.connecting import connect
from integrations.pinging import send_test_ping
from tests.conftest import record, visits
from tests.receiver import Arrival, Receiver

TRANSPORT = {"host", "content-length", "connection"}
EVERY_BODY = [(type_, channel) for type_ in EVENT_TYPES for channel in CHANNELS] + [(PING, "")]


def test_the_generated_files_are_up_to_date() -> None:
    stale = {name for name, text in pages().items() if (folder() / name).read_text() != text}
    assert stale == set(), "run manage.py write_receiver_docs"


@pytest.mark.parametrize(("type_", "channel"), EVERY_BODY, ids=lambda part: part or "none")
def test_every_example_is_of_its_own_schema_and_of_no_other(type_: str, channel: str) -> None:
    body = json.loads(example_body(type_, channel))
    Draft202012Validator(every_event()).validate(body)
    fitting = [each for each in (*EVENT_TYPES, PING) if Draft202012Validator(event_schema(each)).is_valid(body)]
    assert fitting == [type_]


def test_the_schema_refuses_a_body_without_any_one_of_its_fields() -> None:
    for type_ in (*EVENT_TYPES, PING):
        schema = event_schema(type_)
        body = json.loads(example_body(type_, "telegram"))
        for name in schema["required"]:
            without = {key: value for key, value in body.items() if key != name}
            assert not Draft202012Validator(schema).is_valid(without), (type_, name)


@pytest.mark.usefixtures("transactional_db")
class TestWhatIsReallySent:
    @pytest.fixture(autouse=True)
    def private_targets(self, settings: Any) -> None:
        settings.HAPP_ALLOW_PRIVATE_TARGETS = True

    def test_has_the_described_headers_and_no_others(self, workspace: Workspace, receiver: Receiver) -> None:
        connection = connect(workspace.pk, url=receiver.url, password="pass-1")
        record(workspace, "chat_1")
        visits(connection)
        ping, event = receiver.arrivals
        always = {each.name for each in HEADERS if each.always}
        assert set(event.headers) - TRANSPORT == {*always, "authorization"}
        assert set(ping.headers) - TRANSPORT == {*always, "authorization", "happ-test"}

    def test_carries_the_password_in_the_described_ways(self, workspace: Workspace, receiver: Receiver) -> None:
        for auth in ({"scheme": "basic"}, {"scheme": "header", "header": "x-make-apikey"}):
            connect(workspace.pk, url=receiver.url, password="pass-1", auth=auth)
        basic, own = receiver.arrivals
        assert basic.headers["authorization"] == "Basic aGFwcDpwYXNzLTE="
        assert own.headers["x-make-apikey"] == "pass-1"
        assert "authorization" not in own.headers

    @pytest.mark.parametrize(("type_", "channel"), EVERY_BODY, ids=lambda part: part or "none")
    def test_has_the_shape_of_the_example(
        self, workspace: Workspace, receiver: Receiver, type_: str, channel: str
    ) -> None:
        connect(workspace.pk, url=receiver.url)
        send_test_ping(workspace.pk, type=type_, channel=channel or None)
        sent = receiver.arrivals[-1]
        Draft202012Validator(event_schema(type_)).validate(sent.event)
        assert _dated(sent) == (example_test_body(type_, channel) if channel else example_body(PING))


def _dated(sent: Arrival) -> str:
    """The bytes that arrived, with the example's id, workspace and time in place of their own."""
    event = sent.event
    text = sent.body.decode().replace(event["id"], EXAMPLE_ID).replace(event["workspace_id"], "ws_7kq2x0c5n7")
    return re.sub(re.escape(event["timestamp"]), "2026-05-25T11:30:07.412Z", text)


class FixedClock(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> "FixedClock":
        return cls.fromtimestamp(NOW, tz=UTC)


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.name)
def test_the_published_library_judges_every_vector_as_the_docs_do(
    vector: Vector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", FixedClock)
    headers = {
        "webhook-id": EXAMPLE_ID,
        "webhook-timestamp": str(vector.timestamp),
        "webhook-signature": vector.signature,
    }
    assert _accepted(vector, headers) is vector.valid


def _accepted(vector: Vector, headers: dict[str, str]) -> bool:
    try:
        Webhook(SECRET).verify(vector.body.encode(), headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def test_there_are_vectors_that_fit_and_such_that_do_not() -> None:
    assert {vector.name for vector in vectors() if vector.valid} == {"valid", "ukrainian_and_emoji", "two_signatures"}
    assert len(vectors()) == 8
    assert timedelta(minutes=5).seconds == NOW - vectors()[4].timestamp - 1
