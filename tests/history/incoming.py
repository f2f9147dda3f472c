from datetime import UTC, datetime

from happ_webhooks.history.events import IncomingEvent


def incoming(
    source_id: str, chat: str = "chat_1", text: str = "Доброго дня!", channel: str = "telegram"
) -> IncomingEvent:
    """A message as the platform hands it in, known by its source_id."""
    return IncomingEvent(
        source_id=source_id,
        type="message.received",
        channel=channel,
        chat_id=chat,
        occurred_at=datetime.now(UTC),
        data={"message": {"text": text}, "sender": {"name": "Олена"}},
    )
