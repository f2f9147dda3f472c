"""JSON Schema (2020-12) of every body that is POSTed. The docs, the OpenAPI document and the tests take it from here.

New fields, types of events, channels and values may come at any time, so nothing here refuses what is unknown: the
values of today are listed in the descriptions.
"""

from __future__ import annotations

from typing import Final

from happ_webhooks.wire.data_schema import MESSAGE, ORDER, SENDER, SOURCE, TIME, Schema, described, text, values
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_WHAT_HAPPENED: Final = {
    "message.received": "A message from a customer.",
    "message.sent": "A message to a customer.",
    "order.created": "A new order.",
}
_PARTS: Final = {
    "message.received": {"message": MESSAGE, "sender": SENDER, "source": SOURCE},
    "message.sent": {"message": MESSAGE, "sender": SENDER, "source": SOURCE},
    "order.created": {"order": ORDER},
}
_OPTIONAL: Final = frozenset({"source"})
_PASSED_ON: Final = "As HAPP's channels write it; what another program records by API is passed on as it came."


def event_schema(type: str) -> Schema:  # noqa: A002 - the name it has on the wire
    """The schema of an event of one of EVENT_TYPES, or of PING; KeyError for any other."""
    if type == PING:
        data = described("A note for people.", {"message": text("What a ping is for.")}, ("message",))
        properties = {**_head(text("What happened.", const=PING)), "test": _test(), "data": data}
        return described("HAPP asks whether the URL accepts events.", properties, tuple(properties))
    properties = {
        **_head(text("What happened.", const=type)),
        "channel": text(f"Where the chat is: {values(CHANNELS)}."),
        "chat_id": text("The chat: together with `channel` it names one conversation."),
        "test": _test(),
        "data": _data(type),
    }
    return described(_WHAT_HAPPENED[type], properties, tuple(name for name in properties if name != "test"))


def _data(type_: str) -> Schema:
    parts = _PARTS[type_]
    return described(_PASSED_ON, dict(parts), tuple(name for name in parts if name not in _OPTIONAL))


def every_event() -> Schema:
    """The schema of any body: what it must have, and the shape of the types that exist today."""
    known = (*EVENT_TYPES, PING)
    head = _head(text(f"What happened: {values(known)}."))
    body = described(
        "A body that HAPP POSTs. Ignore fields and types that you do not know.",
        {**head, "data": {"type": "object", "description": "What belongs to the type."}},
        (*head, "data"),
    )
    shapes = [
        {"if": {"properties": {"type": {"const": type_}}, "required": ["type"]}, "then": event_schema(type_)}
        for type_ in known
    ]
    return {"$schema": DIALECT, "title": "A HAPP Chat Webhook event", **body, "allOf": shapes}


def _head(type_: Schema) -> dict[str, Schema]:
    return {
        "id": text("The event's id, the same on every try and in the back-fill; also the header webhook-id."),
        "type": type_,
        "timestamp": text("When it happened, not when it was sent.", **TIME),
        "sequence": {
            "type": "integer",
            "minimum": 0,
            "description": "Counts up by one per event of the workspace; 0 on pings and test events.",
        },
        "workspace_id": text("Your workspace."),
    }


def _test() -> Schema:
    return {"const": True, "description": "Only on pings and test events: nothing really happened."}
