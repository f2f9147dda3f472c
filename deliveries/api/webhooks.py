"""The `webhooks` of the OpenAPI document: what HAPP POSTs to a connected URL, with its headers."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING, ping_body, test_event_body
from happ_webhooks.wire.event_schema import event_schema
from happ_webhooks.wire.header_schema import HEADERS, Header

EXAMPLE_ID: Final = "evt_01JW3Q8Z6T4M8K2V0C5N7R9XYA"
EXAMPLE_WORKSPACE: Final = "ws_7kq2x0c5n7"
EXAMPLE_TIME: Final = datetime(2026, 5, 25, 11, 30, 7, 412_000, tzinfo=UTC)
#: OpenAPI ignores a parameter of the first name, and the last is not one name.
UNNAMED: Final = ("content-type", "x-...")
SUCCESS: Final = "Any 2xx within five seconds: the event arrived."
FAILURE: Final = "Anything else, or nothing in time: the event is tried again."


def example_body(type_: str, channel: str = "") -> str:
    """The text of a ping or of a sample event, as it is POSTed, with fixed id, workspace and time."""
    if type_ == PING:
        return ping_body(event_id=EXAMPLE_ID, workspace_id=EXAMPLE_WORKSPACE, occurred_at=EXAMPLE_TIME)
    return test_event_body(
        type=type_, channel=channel, workspace_id=EXAMPLE_WORKSPACE, occurred_at=EXAMPLE_TIME, event_id=EXAMPLE_ID
    )


def describe_webhooks(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """A postprocessing hook: one webhook for every type of event, and the ping."""
    result["webhooks"] = {type_: {"post": _operation(type_)} for type_ in (*EVENT_TYPES, PING)}
    return result


def _operation(type_: str) -> dict[str, Any]:
    schema = event_schema(type_)
    return {
        "operationId": type_.replace(".", "_"),
        "summary": type_,
        "description": schema["description"],
        "security": [],
        "parameters": [_parameter(header) for header in HEADERS if header.name not in UNNAMED],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": _examples(type_)}},
        },
        "responses": {"2XX": {"description": SUCCESS}, "default": {"description": FAILURE}},
    }


def _parameter(header: Header) -> dict[str, Any]:
    return {
        "in": "header",
        "name": header.name,
        "required": header.always,
        "description": header.description,
        "schema": {"type": "string"},
        "example": header.example,
    }


def _examples(type_: str) -> dict[str, Any]:
    channels = ("",) if type_ == PING else CHANNELS
    return {channel or PING: {"value": json.loads(example_body(type_, channel))} for channel in channels}
