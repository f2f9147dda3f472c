"""The `webhooks` of the OpenAPI document: what HAPP POSTs to a connected URL, with its headers."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from happ_webhooks.wire.envelope import (
    CHANNELS,
    EVENT_TYPES,
    PING,
    event_body,
    ping_body,
    test_event_body,
    utc_milliseconds,
)
from happ_webhooks.wire.event_schema import event_schema
from happ_webhooks.wire.header_schema import HEADERS, Header
from happ_webhooks.wire.samples import sample_data
from happ_webhooks.wire.signature import sign

EXAMPLE_ID: Final = "evt_01JW3Q8Z6T4M8K2V0C5N7R9XYA"
EXAMPLE_WORKSPACE: Final = "ws_7kq2x0c5n7"
EXAMPLE_TIME: Final = datetime(2026, 5, 25, 11, 30, 7, 412_000, tzinfo=UTC)
EXAMPLE_SEQUENCE: Final = 18442
EXAMPLE_CHAT: Final = "chat_9f21"
#: Published on purpose: it signs nothing but examples.
EXAMPLE_SECRET: Final = "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE="  # noqa: S105
#: OpenAPI ignores a parameter of the first name, and the last is not one name.
UNNAMED: Final = ("content-type", "x-...")
SUCCESS: Final = "Any 2xx within five seconds: the event arrived."
FAILURE: Final = "Anything else, or nothing in time: the event is tried again."


def example_data(type_: str, channel: str) -> dict[str, object]:
    """The `data` of the example of a type on a channel."""
    return sample_data(type_, channel, utc_milliseconds(EXAMPLE_TIME), mark="9f21")


def example_body(type_: str, channel: str = "") -> str:
    """The text of a recorded event, or of a ping, as it is POSTed, with fixed id, workspace, time and sequence."""
    if type_ == PING:
        return ping_body(event_id=EXAMPLE_ID, workspace_id=EXAMPLE_WORKSPACE, occurred_at=EXAMPLE_TIME)
    return event_body(
        event_id=EXAMPLE_ID,
        type=type_,
        occurred_at=EXAMPLE_TIME,
        sequence=EXAMPLE_SEQUENCE,
        workspace_id=EXAMPLE_WORKSPACE,
        channel=channel,
        chat_id=EXAMPLE_CHAT,
        data=example_data(type_, channel),
    )


def example_test_body(type_: str, channel: str) -> str:
    """The text of a sample event as the test button sends it, with fixed id, workspace and time."""
    return test_event_body(
        type=type_, channel=channel, workspace_id=EXAMPLE_WORKSPACE, occurred_at=EXAMPLE_TIME, event_id=EXAMPLE_ID
    )


def describe_webhooks(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """A postprocessing hook: one webhook for every type of event, and the ping."""
    result["webhooks"] = {type_: {"post": _operation(type_)} for type_ in (*EVENT_TYPES, PING)}
    return result


def _operation(type_: str) -> dict[str, Any]:
    schema = event_schema(type_)
    bodies = _bodies(type_)
    signed = sign([EXAMPLE_SECRET], EXAMPLE_ID, int(EXAMPLE_TIME.timestamp()), next(iter(bodies.values())).encode())
    return {
        "operationId": type_.replace(".", "_"),
        "summary": type_,
        "description": schema["description"],
        "security": [],
        "parameters": [_parameter(header, signed) for header in HEADERS if header.name not in UNNAMED],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": schema,
                    "examples": {name: {"value": json.loads(body)} for name, body in bodies.items()},
                }
            },
        },
        "responses": {"2XX": {"description": SUCCESS}, "default": {"description": FAILURE}},
    }


def _parameter(header: Header, signed: str) -> dict[str, Any]:
    """A header; the example of the signature fits the first example of the body as it is POSTed, without blanks."""
    return {
        "in": "header",
        "name": header.name,
        "required": header.always,
        "description": header.description,
        "schema": {"type": "string"},
        "example": signed if header.name == "webhook-signature" else header.example,
    }


def _bodies(type_: str) -> dict[str, str]:
    """The examples of a type by their names: one of each channel, and one as the test button sends it."""
    if type_ == PING:
        return {PING: example_body(PING)}
    bodies = {channel: example_body(type_, channel) for channel in CHANNELS}
    return {**bodies, "test": example_test_body(type_, CHANNELS[0])}
