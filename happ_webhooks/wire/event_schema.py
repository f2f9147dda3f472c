"""JSON Schema (2020-12) of every body that is POSTed. The docs, the OpenAPI document and the tests take it from here.

New fields may be added at any time, so nothing refuses unknown ones, and receivers should not either.
"""

from __future__ import annotations

from typing import Any, Final

from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
KINDS: Final = ("text", "image", "video", "audio", "file", "location", "contact", "sticker", "other")


def _object(description: str, properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


def _text_or_null(description: str) -> Schema:
    return {"type": ["string", "null"], "description": description}


_TIME: Final[Schema] = {"format": "date-time"}
_MONEY: Final[Schema] = {"pattern": r"^-?\d+(\.\d+)?$"}

MESSAGE: Final = _object(
    "What was written.",
    {
        "id": _text("The message's id in HAPP."),
        "direction": _text("From the customer (inbound) or to the customer.", enum=["inbound", "outbound"]),
        "kind": _text("What it is; what HAPP does not know is `other`.", enum=list(KINDS)),
        "text": _text_or_null("The text, or the caption of an attachment."),
        "attachments": {"type": "array", "description": "Files, each with an expiring link.", "items": {}},
        "reply_to": _text_or_null("The id of the message it answers."),
        "sent_at": _text("When it was sent.", **_TIME),
    },
)
SENDER: Final = _object(
    "Who wrote it.",
    {
        "id": _text("The person's id in HAPP."),
        "role": _text("customer, assistant (HAPP's) or operator (a person of the shop)."),
        "name": _text_or_null("The name shown in the chat."),
        "username": _text_or_null("The user name in the channel, where it has one."),
        "phone": _text_or_null("The phone number, where the channel gives it."),
    },
)
SOURCE: Final = _object(
    "Ids of the channel itself.",
    {
        "message_id": _text("The message's id in the channel."),
        "account_id": _text("The shop's account in the channel."),
    },
)
ITEM: Final = _object(
    "One line of the order.",
    {
        "sku": _text("The article number."),
        "name": _text("The article's name."),
        "quantity": {"type": "number", "description": "How many."},
        "price": _text("The price of one, a decimal number as text.", **_MONEY),
    },
)
ORDER: Final = _object(
    "The order that was placed in the chat.",
    {
        "id": _text("The order's id in HAPP."),
        "number": _text("The number people see."),
        "status": _text("The order's state, `new` when it is placed."),
        "currency": _text("ISO 4217, such as UAH."),
        "total": _text("The sum, a decimal number as text.", **_MONEY),
        "items": {"type": "array", "description": "The lines of the order.", "items": ITEM},
        "customer": _object(
            "Who ordered.",
            {"name": _text("The customer's name."), "phone": _text_or_null("The customer's phone number.")},
        ),
        "delivery": _object(
            "How it is to be delivered.",
            {"method": _text("The way, such as nova_poshta."), "address": _text("Where to.")},
        ),
        "comment": _text("What the customer added."),
        "created_at": _text("When it was placed.", **_TIME),
    },
)
_DATA: Final = {
    "message.received": _object(
        "A message from a customer.", {"message": MESSAGE, "sender": SENDER, "source": SOURCE}, ("source",)
    ),
    "message.sent": _object(
        "A message to a customer.", {"message": MESSAGE, "sender": SENDER, "source": SOURCE}, ("source",)
    ),
    "order.created": _object("A new order.", {"order": ORDER}),
}


def event_schema(type: str) -> Schema:  # noqa: A002 - the name it has on the wire
    """The schema of an event of one of EVENT_TYPES, or of PING; KeyError for any other."""
    if type == PING:
        data = _object("A note for people.", {"message": _text("What a ping is for.")})
        return _object("HAPP asks whether the URL accepts events.", {**_head(PING), "test": _test(), "data": data})
    properties = {
        **_head(type),
        "channel": _text("Where the chat is.", enum=list(CHANNELS)),
        "chat_id": _text("The chat: together with `channel` it names one conversation."),
        "test": _test(),
        "data": _DATA[type],
    }
    return _object(str(_DATA[type]["description"]), properties, optional=("test",))


def every_event() -> Schema:
    """The schema of any body: which one it is says `type`."""
    bodies = [event_schema(each) for each in (*EVENT_TYPES, PING)]
    return {"$schema": DIALECT, "title": "A HAPP Chat Webhook event", "oneOf": bodies}


def _head(type_: str) -> dict[str, Schema]:
    return {
        "id": _text("The event's id, the same on every try and in the back-fill; also the header webhook-id."),
        "type": _text("What happened.", const=type_),
        "timestamp": _text("When it happened, not when it was sent.", **_TIME),
        "sequence": {
            "type": "integer",
            "minimum": 0,
            "description": "Counts up by one per event of the workspace; 0 on pings and test events.",
        },
        "workspace_id": _text("Your workspace."),
    }


def _test() -> Schema:
    return {"const": True, "description": "Only on pings and test events: nothing really happened."}
