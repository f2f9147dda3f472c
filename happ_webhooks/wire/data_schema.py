"""What stands in `data`, as JSON Schema, for happ_webhooks.wire.event_schema.

Of `data` the ingest API asks for its parts alone, so that nothing within these is required here either; what stands in
them is described as HAPP's own channels write it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

Schema = dict[str, Any]

KINDS: Final = ("text", "image", "video", "audio", "file", "location", "contact", "sticker", "other")
TIME: Final[Schema] = {"format": "date-time"}


def described(description: str, properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "description": description, "properties": properties, "required": list(required)}


def text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


def text_or_null(description: str) -> Schema:
    return {"type": ["string", "null"], "description": description}


def values(known: Iterable[str]) -> str:
    """The values of today, for a description."""
    return ", ".join(f"`{value}`" for value in known) + "; more may come"


MESSAGE: Final = described(
    "What was written.",
    {
        "id": text("The message's id in HAPP."),
        "direction": text("`inbound`, from the customer, or `outbound`, to the customer."),
        "kind": text(f"What it is: {values(KINDS)}. What HAPP does not know is `other`."),
        "text": text_or_null("The text, or the caption of an attachment."),
        "attachments": {
            "type": "array",
            "description": "Files, none if empty. What each one holds differs by channel: no key is promised.",
            "items": {},
        },
        "reply_to": text_or_null("The id of the message it answers."),
        "sent_at": text("When it was sent.", **TIME),
    },
)
SENDER: Final = described(
    "Who wrote it.",
    {
        "id": text("The person's id in HAPP."),
        "role": text("`customer`, `assistant` (HAPP's) or `operator` (a person of the shop); more may come."),
        "name": text_or_null("The name shown in the chat."),
        "username": text_or_null("The user name in the channel, where it has one."),
        "phone": text_or_null("The phone number, where the channel gives it."),
    },
)
SOURCE: Final = described(
    "Ids of the channel itself.",
    {
        "message_id": text("The message's id in the channel."),
        "account_id": text("The shop's account in the channel."),
    },
)
ITEM: Final = described(
    "One line of the order.",
    {
        "sku": text("The article number."),
        "name": text("The article's name."),
        "quantity": {"type": "number", "description": "How many."},
        "price": text("The price of one, a decimal number as text."),
    },
)
ORDER: Final = described(
    "The order that was placed in the chat.",
    {
        "id": text("The order's id in HAPP."),
        "number": text("The number people see."),
        "status": text("The order's state, `new` when it is placed."),
        "currency": text("ISO 4217, such as UAH."),
        "total": text("The sum, a decimal number as text."),
        "items": {"type": "array", "description": "The lines of the order.", "items": ITEM},
        "customer": described(
            "Who ordered.",
            {"name": text("The customer's name."), "phone": text_or_null("The customer's phone number.")},
        ),
        "delivery": described(
            "How it is to be delivered.",
            {"method": text("The way, such as nova_poshta."), "address": text("Where to.")},
        ),
        "comment": text("What the customer added."),
        "created_at": text("When it was placed.", **TIME),
    },
)
