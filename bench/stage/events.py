"""The events of the benchmarks: messages as the platform hands them in, some 700 bytes on the wire."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from happ_webhooks.history.events import IncomingEvent
from happ_webhooks.wire.envelope import CHANNELS
from happ_webhooks.wire.samples import sample_data

TYPE = "message.received"
AT = datetime(2026, 5, 25, 11, 30, 7, 412000, tzinfo=UTC)

_numbers = count(1)


def chat_of(number: int) -> tuple[str, str]:
    """Channel and id of a shop's chat with that number."""
    return CHANNELS[number % len(CHANNELS)], f"chat_{number}"


def incoming(chat: int) -> IncomingEvent:
    """A new message in a chat, checked already."""
    channel, chat_id = chat_of(chat)
    return IncomingEvent(
        source_id=f"bench-{next(_numbers)}",
        type=TYPE,
        channel=channel,
        chat_id=chat_id,
        occurred_at=AT,
        data=sample_data(TYPE, channel, AT.isoformat()),
    )


def posted(chat: int) -> Mapping[str, Any]:
    """The same as a client of the ingest API sends it."""
    event = incoming(chat)
    return {**vars(event), "occurred_at": event.occurred_at.isoformat()}
