"""The examples of the OpenAPI document are what the API really answers, but for ids, times and measured milliseconds.

`HAPP_WRITE_EXAMPLES=1 ./run test tests/api/test_examples.py` takes them down anew.
"""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deliveries.api.examples import FILE, examples
from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, caller_with, event
from tests.conftest import visit, visits
from tests.receiver import Arrival, Receiver

SHOP = "ws_7kq2x0c5n7"
URL = "https://crm.example.com/happ"
SECRET = "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE="
FIRST = datetime(2026, 5, 25, 11, 30, 7, 412_000, tzinfo=UTC)
EVENT_ID = re.compile(r"evt_[0-9A-Z]{26}")
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT[0-9:.]+(Z|\+00:00)")
MILLISECONDS = {
    "response_ms": 87,
    "last_response_ms": 87,
    "dns_ms": 4,
    "connect_ms": 12,
    "first_byte_ms": 70,
    "p50_ms": 87,
    "p95_ms": 87,
}


class Notebook:
    """Answers as they were given, with what differs from run to run replaced in the order in which it appears."""

    def __init__(self, own_url: str) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self._own_url = own_url
        self._ids: dict[str, str] = {}

    def note(self, operation: str, response: Any) -> Any:
        document = json.loads(response.content)
        self.answers.setdefault(operation, {})[str(response.status_code)] = self._steady(document)
        return document

    def _steady(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._steady(each, key) for key, each in value.items()}
        if isinstance(value, list):
            steady = [self._steady(each) for each in value]
            return _in_steps(steady) if name == "buckets" else steady
        if name in MILLISECONDS and isinstance(value, int):
            return MILLISECONDS[name]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        text = EVENT_ID.sub(lambda found: self._known(found[0]), text).replace(self._own_url, URL)
        text = re.sub(r"whsec_[A-Za-z0-9+/=]+", SECRET, text)
        text = re.sub(r"\b\d+ ms\b", "87 ms", text)
        return MOMENT.sub(FIRST.isoformat(timespec="milliseconds").replace("+00:00", "Z"), text)

    def _known(self, event_id: str) -> str:
        return self._ids.setdefault(event_id, f"evt_01JW3Q8Z6T4M8K2V0C5N7R9X{len(self._ids):02}")


def _in_steps(buckets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that was counted in the last one: a run may cross from one to the next."""
    start = FIRST.replace(minute=0, second=0, microsecond=0)
    counted = {name: sum(bucket[name] for bucket in buckets) for name in ("delivered", "failed", "dropped")}
    moments = [start + timedelta(minutes=5 * number) for number in range(len(buckets))]
    steps = [{"start": moment.isoformat().replace("+00:00", "Z"), **dict.fromkeys(counted, 0)} for moment in moments]
    return [*steps[:-1], {**steps[-1], **counted}]


@pytest.fixture
def notebook(transactional_db: None, receiver: Receiver, settings: Any) -> Notebook:
    settings.HAPP_ALLOW_PRIVATE_TARGETS = True
    return Notebook(receiver.url)


def test_the_examples_are_real_answers(notebook: Notebook, receiver: Receiver) -> None:
    shop = Workspace.objects.create(pk=SHOP, name="Кав'ярня")
    play(notebook, caller_with(shop), receiver)
    if os.environ.get("HAPP_WRITE_EXAMPLES"):
        FILE.write_text(json.dumps(notebook.answers, ensure_ascii=False, indent=2) + "\n")
    assert notebook.answers == examples()


def play(notebook: Notebook, caller: Caller, receiver: Receiver) -> None:
    """A shop connects, one of its chats fails, and a developer looks at it from every side."""
    note: Callable[[str, Any], Any] = notebook.note
    receiver.script = lambda arrival: 404
    put(note, "connect_chat_webhook", caller, {"url": receiver.url, "password": "pass-1"})
    receiver.script = fails_for("chat_2")
    put(note, "connect_chat_webhook", caller, {"url": receiver.url, "password": "pass-1"})
    note("record_events", caller.post("/events", {"events": [event(**each) for each in EVENTS]}))
    connection = Connection.objects.get(closed_at=None)
    visit(connection)
    visits(connection)
    note("show_chat_webhook", caller.get("/chat-webhook"))
    deliveries = note("list_deliveries", caller.get("/chat-webhook/deliveries"))["data"]
    note("show_delivery", caller.get(f"/chat-webhook/deliveries/{deliveries[0]['event_id']}"))
    note("ping_chat_webhook", caller.post("/chat-webhook/ping", {}))
    note("show_stats", caller.get("/chat-webhook/stats", {"window": "1h"}))
    note("show_signing_secret", caller.get("/chat-webhook/signing-secret"))
    note("rotate_signing_secret", caller.post("/chat-webhook/signing-secret/rotate", ""))
    note("fetch_events", caller.get("/events", {"after": 1}))
    caller.client.delete(f"{caller.base}/chat-webhook")
    note("list_gaps", caller.get("/chat-webhook/gaps"))
    note("change_chat_webhook", caller.client.patch(f"{caller.base}/chat-webhook", {}, "application/json"))


EVENTS = (
    {"source_id": "telegram-74211", "chat_id": "chat_1", "occurred_at": "2026-05-25T11:30:07.412Z"},
    {"source_id": "viber-5501", "chat_id": "chat_2", "channel": "viber", "occurred_at": "2026-05-25T11:30:07.412Z"},
)


def put(note: Callable[[str, Any], Any], operation: str, caller: Caller, body: dict[str, object]) -> None:
    note(operation, caller.client.put(f"{caller.base}/chat-webhook", body, "application/json"))


def fails_for(chat: str) -> Callable[[Arrival], int]:
    return lambda arrival: 500 if arrival.event.get("chat_id") == chat else 204
