"""The body of a webhook: the JSON text, made once, that is kept, sent and back-filled as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from ulid import ULID

from happ_webhooks.wire.samples import sample_data

EVENT_TYPES: Final = ("message.received", "message.sent", "order.created")
PING: Final = "ping"
CHANNELS: Final = ("telegram", "viber", "instagram", "facebook", "whatsapp")

#: The chat that every sample event belongs to.
TEST_CHAT: Final = "chat_test"


def new_event_id() -> str:
    """`evt_` and a ULID: ordered by the millisecond it was made in, and without a dot, as signatures need it."""
    return f"evt_{ULID()}"


def event_id_from(moment: datetime) -> str:
    """The beginning that sorts before every id made from this moment on, and after all made before."""
    return f"evt_{ULID.from_datetime(moment)}"[:14]


def event_body(
    *,
    event_id: str,
    type: str,  # noqa: A002 - the name it has on the wire
    occurred_at: datetime,
    sequence: int,
    workspace_id: str,
    channel: str,
    chat_id: str,
    data: Mapping[str, object],
) -> str:
    """The exact JSON text of an event; `data` passes through unchanged.

    ValueError for a naive time and for what JSON over UTF-8 cannot carry: NaN, infinities, lone surrogates.
    """
    return _text(
        {
            "id": event_id,
            "type": type,
            "timestamp": utc_milliseconds(occurred_at),
            "sequence": sequence,
            "workspace_id": workspace_id,
            "channel": channel,
            "chat_id": chat_id,
            "data": data,
        }
    )


def ping_body(*, event_id: str, workspace_id: str, occurred_at: datetime) -> str:
    """A ping asks the endpoint itself: no chat, no sequence."""
    return _text(
        {
            "id": event_id,
            "type": PING,
            "timestamp": utc_milliseconds(occurred_at),
            "sequence": 0,
            "workspace_id": workspace_id,
            "test": True,
            "data": {"message": "HAPP checks that this URL accepts chat events."},
        }
    )


def test_event_body(
    *,
    type: str,  # noqa: A002 - the name it has on the wire
    channel: str,
    workspace_id: str,
    occurred_at: datetime,
    event_id: str,
) -> str:
    """A sample event of one of EVENT_TYPES on one of CHANNELS, marked as a test; KeyError for any other."""
    at = utc_milliseconds(occurred_at)
    return _text(
        {
            "id": event_id,
            "type": type,
            "timestamp": at,
            "sequence": 0,
            "workspace_id": workspace_id,
            "channel": channel,
            "chat_id": TEST_CHAT,
            "test": True,
            "data": sample_data(type, channel, at),
        }
    )


def utc_milliseconds(moment: datetime) -> str:
    """`2026-05-25T11:30:07.412Z`; ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("An event's time needs a time zone.")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _text(envelope: Mapping[str, object]) -> str:
    text = json.dumps(envelope, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text.encode()  # A lone surrogate must fail here, at intake, not at every try.
    return text
