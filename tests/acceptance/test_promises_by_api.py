"""The promises that the REST API and single courier visits can show, each named by its number."""

import json
from typing import Any

import pytest
from django.conf import settings

from deliveries.connections import disconnect_workspace
from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.sender import Sender
from tests.api.caller import Caller, answer, caller_with, problem
from tests.conftest import connect, record, time_passes, visit, visits
from tests.receiver import Receiver

READING = (
    "/chat-webhook",
    "/chat-webhook/deliveries",
    "/chat-webhook/deliveries/evt_x",
    "/chat-webhook/gaps",
    "/chat-webhook/stats",
    "/chat-webhook/signing-secret",
    "/events",
)


def put(caller: Caller, url: str, **body: object) -> Any:
    whole = json.dumps({"url": url, **body})
    return caller.client.generic("PUT", caller.base + "/chat-webhook", whole, "application/json")


def test_promise_8_nothing_of_an_earlier_connection_reaches_a_later_one(
    workspace: Workspace, receiver: Receiver
) -> None:
    later = Receiver()
    caller = caller_with(workspace)
    answer(put(caller, receiver.url))
    record(workspace, "a", "b")
    answer(put(caller, later.url))
    record(workspace, "a")

    for connection in Connection.objects.order_by("number"):
        visit(connection)

    assert receiver.sequences() == []
    assert later.sequences() == [3]
    later.close()


def test_promise_9_no_request_leaves_for_a_private_address(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "HAPP_ALLOW_PRIVATE_TARGETS", False)
    caller = caller_with(workspace)
    port = receiver.url.split(":")[2].split("/")[0]
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "10.0.0.1"):
        assert problem(put(caller, f"https://{host}:{port}/happ"), 422, "validation") == [("/url", "address")]

    def lying(host: str, port_: int, *_: object) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", ("127.0.0.1", int(port)))]

    outcome = Sender(resolve=lying).post(f"https://shop.example:{port}/happ", {}, b"{}")

    assert outcome.error == "BLOCKED"
    assert receiver.arrivals == []
    assert Connection.objects.count() == 0


def test_promise_10_workspaces_are_walls(workspace: Workspace, receiver: Receiver) -> None:
    stranger = caller_with(Workspace.objects.create(name="Чужа"))
    connect(workspace, receiver.url)
    record(workspace, "a")
    stranger.base = f"/api/v1/workspaces/{workspace.pk}"
    nowhere = Caller("ws_nowhere")
    nowhere.client = stranger.client

    for path in READING:
        seen, missing = stranger.get(path), nowhere.get(path)
        assert problem(seen, 404, "not_found") == []
        assert seen.content == missing.content
    assert problem(put(stranger, receiver.url), 404, "not_found") == []
    assert problem(stranger.post("/events", {}), 404, "not_found") == []
    assert problem(stranger.client.delete(stranger.base + "/chat-webhook"), 404, "not_found") == []
    assert Connection.objects.get().is_open


def test_promise_11_a_gap_is_visible_and_closable(workspace: Workspace, receiver: Receiver) -> None:
    caller = caller_with(workspace)
    connection = connect(workspace, receiver.url)
    record(workspace, "a", "b")
    visit(connection)
    record(workspace, "a")
    disconnect_workspace(workspace.pk)
    record(workspace, "b", "c")

    [gap] = answer(caller.get("/chat-webhook/gaps"))["data"]

    assert (gap["first_sequence"], gap["last_sequence"], gap["count"]) == (3, None, 3)
    missed = caller.get("/events", {"after": gap["first_sequence"] - 1})
    assert [event["sequence"] for event in answer(missed)["data"]] == [3, 4, 5]
    sent = {arrival.event["id"]: arrival.body for arrival in receiver.arrivals}
    whole = caller.get("/events", {"until": 2}).content
    assert all(body in whole for body in sent.values())
    assert len(sent) == 2


def test_promise_13_our_own_fault_is_not_the_customers(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    record(workspace, "a")
    keys = settings.HAPP_ENCRYPTION_KEYS
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", ["A" * 43 + "="])
    for _ in range(20):
        visit(connection)
        time_passes(3600)
    assert receiver.arrivals == []

    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", keys)
    time_passes(31)
    visit(connection)
    visits(connection)

    assert receiver.sequences() == [1]
    assert Connection.objects.get().is_open
    assert Delivery.objects.get().rung == 0
