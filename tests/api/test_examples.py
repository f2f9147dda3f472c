"""The examples of the OpenAPI document are real requests and answers, but for ids, times and measured milliseconds.

`HAPP_WRITE_EXAMPLES=1 ./run test tests/api/test_examples.py` takes them down anew.
"""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from deliveries.api.examples import FILE, REQUEST, examples
from deliveries.api.webhooks import EXAMPLE_WORKSPACE, example_data
from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, caller_with
from tests.api.test_openapi_file import COMMITTED
from tests.conftest import visit, visits
from tests.receiver import Arrival, Receiver

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


Note = Callable[..., Any]


class Notebook:
    """Requests and answers as they were, with what differs from run to run replaced in the order of its appearance."""

    def __init__(self, own_url: str) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self._own_url = own_url
        self._ids: dict[str, str] = {}

    def note(self, operation: str, response: Any, sent: object = None) -> Any:
        """`sent` is the body of the request; of several it is that of the one that went well."""
        document = json.loads(response.content)
        noted = self.answers.setdefault(operation, {})
        noted[str(response.status_code)] = self._steady(document)
        if sent is not None and response.status_code < 300:
            noted[REQUEST] = self._steady(sent)
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
    shop = Workspace.objects.create(pk=EXAMPLE_WORKSPACE, name="Кав'ярня")
    play(notebook, caller_with(shop), receiver)
    if os.environ.get("HAPP_WRITE_EXAMPLES"):
        FILE.write_text(json.dumps(notebook.answers, ensure_ascii=False, indent=2) + "\n")
    assert notebook.answers == examples()


def play(notebook: Notebook, caller: Caller, receiver: Receiver) -> None:
    """A shop connects, one of its chats fails, and a developer looks at it from every side."""
    note: Note = notebook.note
    receiver.script = lambda arrival: 404
    change(note, "connect_chat_webhook", caller, {"url": receiver.url, "password": "pass-1"})
    receiver.script = fails_for("chat_2")
    change(note, "connect_chat_webhook", caller, {"url": receiver.url, "password": "pass-1"})
    batch = {"events": list(EVENTS)}
    note("record_events", caller.post("/events", batch), batch)
    connection = Connection.objects.get(closed_at=None)
    visit(connection)
    visits(connection)
    note("show_chat_webhook", caller.get("/chat-webhook"))
    deliveries = note("list_deliveries", caller.get("/chat-webhook/deliveries"))["data"]
    note("show_delivery", caller.get(f"/chat-webhook/deliveries/{deliveries[0]['event_id']}"))
    sample = {"type": "order.created", "channel": "viber"}
    note("ping_chat_webhook", caller.post("/chat-webhook/ping", sample), sample)
    note("show_stats", caller.get("/chat-webhook/stats", {"window": "1h"}))
    note("show_signing_secret", caller.get("/chat-webhook/signing-secret"))
    note("rotate_signing_secret", caller.post("/chat-webhook/signing-secret/rotate", ""))
    note("fetch_events", caller.get("/events", {"limit": 2}))
    change(note, "change_chat_webhook", caller, {"auth": {"scheme": "header", "header": "x-make-apikey"}})
    caller.client.delete(f"{caller.base}/chat-webhook")
    note("list_gaps", caller.get("/chat-webhook/gaps"))
    change(note, "change_chat_webhook", caller, {"auth": {"scheme": "bearer"}})


EVENTS = (
    {
        "source_id": "telegram-74211",
        "type": "message.received",
        "channel": "telegram",
        "chat_id": "chat_1",
        "occurred_at": "2026-05-25T11:30:07.412Z",
        "data": example_data("message.received", "telegram"),
    },
    {
        "source_id": "viber-5501",
        "type": "order.created",
        "channel": "viber",
        "chat_id": "chat_2",
        "occurred_at": "2026-05-25T11:30:07.412Z",
        "data": example_data("order.created", "viber"),
    },
)


def change(note: Note, operation: str, caller: Caller, body: dict[str, object]) -> None:
    send = caller.client.put if operation.startswith("connect") else caller.client.patch
    note(operation, send(f"{caller.base}/chat-webhook", body, "application/json"), body)


def fails_for(chat: str) -> Callable[[Arrival], int]:
    return lambda arrival: 500 if arrival.event.get("chat_id") == chat else 204


def test_every_request_and_every_2xx_with_a_body_has_an_example() -> None:
    document = yaml.safe_load(COMMITTED.read_text())
    for operations in document["paths"].values():
        for operation in operations.values():
            noted = examples().get(operation["operationId"], {})
            wanted = {code for code, each in operation["responses"].items() if code < "300" and "content" in each}
            wanted |= {REQUEST} if "requestBody" in operation else set()
            assert wanted <= set(noted), operation["operationId"]
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["example"] == noted[REQUEST]
