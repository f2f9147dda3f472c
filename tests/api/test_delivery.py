"""One delivery with its attempts; and that no answer but the history's holds any content."""

import pytest

from deliveries.connections import disconnect_workspace
from deliveries.models import DeliveryAttempt
from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, answer, caller_with, event, problem
from tests.conftest import connect, record, visit
from tests.receiver import Arrival, Receiver

UNUSED_URL = "http://127.0.0.1:1/"
CANARY = "CANARY-Ґ-4711"


def test_one_delivery_comes_with_its_attempts(workspace: Workspace, receiver: Receiver, short_ladder: object) -> None:
    caller = caller_with(workspace)
    failures = iter([500, 200])
    receiver.script = lambda arrival: next(failures)
    connection = connect(workspace, receiver.url)
    [accepted] = record(workspace, "chat_1")
    while visit(connection) == "waiting":
        pass

    document = answer(caller.get(f"/chat-webhook/deliveries/{accepted.id}"))

    assert document.keys() == answer(caller.get("/chat-webhook/deliveries"))["data"][0].keys()
    attempts = document["attempts"]
    assert [list(attempt) for attempt in attempts] == [[
        "number", "started_at", "response_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "status_code",
        "error", "detail",
    ]] * 2  # fmt: skip
    assert [(each["number"], each["status_code"], each["error"]) for each in attempts] == [
        (1, 500, "HTTP_500"), (2, 200, None)
    ]  # fmt: skip
    assert all(each["started_at"].endswith("Z") for each in attempts)
    assert (document["status"], document["last_status_code"], document["last_error"]) == ("delivered", 200, None)
    assert document["first_attempt_at"] == attempts[0]["started_at"]
    [row] = answer(caller.get("/chat-webhook/deliveries"))["data"]
    assert row == {**document, "attempts": 2}


@pytest.mark.parametrize("event_id", ["evt_none", "%00", "x" * 3000])
def test_a_delivery_that_is_not_there_is_not_found(shop: Workspace, caller: Caller, event_id: str) -> None:
    problem(caller.get(f"/chat-webhook/deliveries/{event_id}"), 404, "not_found")


def test_a_delivery_of_another_workspace_is_not_there(shop: Workspace, caller: Caller) -> None:
    other = Workspace.objects.create(name="Сусіди")
    connect(other, UNUSED_URL)
    [accepted] = record(other, "chat_1")
    problem(caller.get(f"/chat-webhook/deliveries/{accepted.id}"), 404, "not_found")
    assert answer(caller.get("/chat-webhook/deliveries"))["data"] == []


def test_content_appears_in_no_answer_but_the_history(
    workspace: Workspace, receiver: Receiver, short_ladder: object
) -> None:
    def script(arrival: Arrival) -> int:
        return 500 if arrival.event.get("chat_id") == "bad" else 200

    receiver.script = script
    caller = caller_with(workspace)
    connection = connect(workspace, receiver.url)
    data = {"message": {"text": CANARY}, "sender": {"name": CANARY}}
    batch = {"events": [event(data=data, chat_id=chat) for chat in ("good", "bad")]}
    accepted = answer(caller.post("/events", batch), 202)["accepted"]
    refused = caller.post("/events", event(data=data, channel=CANARY, occurred_at=CANARY, source_id=CANARY * 50))
    visit(connection)
    disconnect_workspace(workspace.pk)

    assert DeliveryAttempt.objects.count() >= 2
    paths = ["deliveries", "gaps", "stats", *(f"deliveries/{each['id']}" for each in accepted)]
    answers = [caller.get(f"/chat-webhook/{path}").content.decode() for path in paths]
    assert all("CANARY" not in text for text in [*answers, refused.content.decode()])
    assert "CANARY" in caller.get("/events").content.decode()
