"""Shop traffic for the demo: `python -m config.demo.simulator`, a message every 2 s and an order every 15 s.

Reads SIMULATOR_EVENTS_URL and SIMULATOR_TOKEN. While the web process is down, events wait for it in order.
"""

import itertools
import os
import random
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from config.demo.client import NoAnswerError, call
from happ_webhooks.wire.envelope import CHANNELS, utc_milliseconds
from happ_webhooks.wire.samples import sample_data

PAUSE, ORDER_EVERY = 2.0, 15.0
KEPT = 1000
CHATS = tuple(f"chat_demo_{number}" for number in range(1, 4))
QUESTIONS = (
    "Доброго дня! Чи є лате на вівсяному молоці?",
    "О котрій ви сьогодні зачиняєтесь?",
    "Чи можна замовити доставку на Поділ?",
    "Скільки коштує кілограм еспресо-суміші?",
    "Дякую, кава була чудова! ☕",
)
ANSWERS = (
    "Вітаємо! Так, є. Приготувати?",
    "Сьогодні працюємо до 21:00.",
    "Так, доставляємо за 40 хвилин.",
    "620 гривень, помол безкоштовний.",
    "Раді, що смакує! Чекаємо ще.",
)


def main() -> None:
    url, token = os.environ["SIMULATOR_EVENTS_URL"], os.environ["SIMULATOR_TOKEN"]
    waiting: deque[dict[str, Any]] = deque(maxlen=KEPT)
    for event in paced(events()):
        waiting.append(event)
        while waiting and recorded(url, token, waiting[0]):
            waiting.popleft()


def recorded(url: str, token: str, event: dict[str, Any]) -> bool:
    """Whether HAPP has taken the event; its source_id makes a repetition harmless. A refused one is let go."""
    try:
        answer = call("POST", url, event, token=token, timeout=5)
    except NoAnswerError:
        return False
    if answer.status >= 400:
        print(f"{event['type']} was answered {answer.status}", flush=True)
    return answer.status < 500 and answer.status != 429


def paced(source: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in source:
        yield event
        time.sleep(PAUSE)


def events() -> Iterator[dict[str, Any]]:
    """For ever: questions and answers going round the channels and chats, and an order every 15 s."""
    order_due = time.monotonic() + ORDER_EVERY
    places = itertools.cycle([(channel, chat) for chat in CHATS for channel in CHANNELS])
    for number, (channel, chat) in enumerate(places):
        yield event(("message.received", "message.sent")[number % 2], channel, chat)
        if time.monotonic() >= order_due:
            order_due += ORDER_EVERY
            yield event("order.created", channel, chat)


def event(kind: str, channel: str, chat: str) -> dict[str, Any]:
    """What the ingest API takes, with Ukrainian text; every call makes another source_id."""
    at = utc_milliseconds(datetime.now(UTC))
    source_id = f"demo_{time.time_ns()}"
    data: dict[str, Any] = sample_data(kind, channel, at)
    if kind == "order.created":
        data["order"] |= {"id": source_id, "number": str(random.randint(1000, 9999))}
    else:
        data["message"] |= {
            "id": source_id,
            "text": random.choice(QUESTIONS if kind == "message.received" else ANSWERS),
        }
    return {
        "source_id": source_id,
        "type": kind,
        "channel": channel,
        "chat_id": f"{chat}_{channel}",
        "occurred_at": at,
        "data": data,
    }


if __name__ == "__main__":
    main()
