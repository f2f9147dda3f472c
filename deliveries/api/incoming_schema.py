"""What the ingest API takes, as JSON Schema: exactly what deliveries.api.incoming lets through, but for dates."""

from typing import Any

from deliveries.api.incoming import EARLIEST, FIELDS, LONGEST_ID, MOST_EVENTS, PARTS
from happ_webhooks.wire.envelope import CHANNELS

IDENTIFIER = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
OPEN_OBJECT = {"type": "object", "additionalProperties": True}


def _event(title: str, types: list[str], parts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "title": title,
        "properties": {
            "source_id": {**IDENTIFIER, "description": "Your id of it: it is recorded once, however often it is sent."},
            "type": {"type": "string", "enum": types},
            "channel": {"type": "string", "enum": list(CHANNELS)},
            "chat_id": IDENTIFIER,
            "occurred_at": {
                "type": "string",
                "format": "date-time",
                "description": f"With its zone, from {EARLIEST.year} on, at most a day ahead.",
            },
            "data": {
                **OPEN_OBJECT,
                "properties": dict.fromkeys(parts, OPEN_OBJECT),
                "required": list(parts),
                "description": "Your own keys travel along unchanged.",
            },
        },
        "required": list(FIELDS),
        "additionalProperties": False,
    }


def _kinds() -> list[dict[str, Any]]:
    types_of: dict[tuple[str, ...], list[str]] = {}
    for type_, parts in PARTS.items():
        types_of.setdefault(parts, []).append(type_)
    return [_event(f"A chat event with {' and '.join(parts)}", types, parts) for parts, types in types_of.items()]


EVENT = _kinds()
BATCH = {
    "type": "object",
    "title": "A batch, in order: taken whole or not at all",
    "properties": {"events": {"type": "array", "items": {"oneOf": EVENT}, "minItems": 1, "maxItems": MOST_EVENTS}},
    "required": ["events"],
    "additionalProperties": False,
}
INCOMING = {"oneOf": [*EVENT, BATCH]}
