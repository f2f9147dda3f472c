"""Promises 1, 3 and 5 on one connection: what is recorded arrives, in order, with the same bytes."""

import json

import pytest

from deliveries.models import Delivery, DeliveryAttempt
from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.sender import Sender
from tests.conftest import connect, record, visit
from tests.receiver import Receiver


def test_a_recorded_event_arrives_signed_and_is_settled(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url, password="s3cret")
    [accepted] = record(workspace, "chat_1")

    assert accepted.state == "queued"
    assert visit(connection) == "delivered"

    [arrival] = receiver.arrivals
    assert arrival.body.decode() == ChatEvent.objects.get(pk=accepted.id).body
    assert arrival.headers["webhook-id"] == accepted.id
    assert arrival.headers["authorization"] == "Bearer s3cret"
    assert arrival.headers["happ-attempt"] == "1"
    assert "happ-test" not in arrival.headers
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_status_code, delivery.rung) == ("delivered", 1, 200, 0)
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.delivery_id, attempt.number, attempt.status_code, attempt.error) == (accepted.id, 1, 200, "")


def test_an_attempt_says_what_its_post_came_to_phase_by_phase(
    workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, receiver.url)
    [accepted] = record(workspace, "chat_1")
    phases = {"response_ms": 15, "dns_ms": 1, "connect_ms": 2, "tls_ms": 3, "first_byte_ms": 4}
    outcome = Outcome(status_code=503, error="HTTP_503", detail="The receiver answered with status 503.", **phases)
    monkeypatch.setattr(Sender, "post", lambda *_: outcome)

    visit(connection)

    fields = ("delivery_id", "connection_id", "number", *phases, "status_code", "error", "detail")
    assert list(DeliveryAttempt.objects.values_list(*fields)) == [
        (accepted.id, connection.pk, 1, 15, 1, 2, 3, 4, 503, "HTTP_503", outcome.detail)
    ]


def test_events_of_many_chats_arrive_in_order_within_each(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    chats = [f"chat_{number % 7}" for number in range(300)]
    record(workspace, *chats)

    while visit(connection) == "waiting":
        pass

    assert sorted(receiver.sequences()) == list(range(1, 301))
    for chat in set(chats):
        arrived = receiver.sequences(chat)
        assert arrived == sorted(arrived)
    assert Delivery.objects.filter(status="delivered").count() == 300


def test_a_failing_chat_does_not_hold_up_another(
    workspace: Workspace, receiver: Receiver, short_ladder: object
) -> None:
    receiver.script = lambda arrival: 500 if arrival.event.get("chat_id") == "bad" else 200
    connection = connect(workspace, receiver.url)
    record(workspace, "bad", "good", "bad", "good")

    visit(connection)

    assert receiver.sequences("good") == [2, 4]
    assert set(receiver.sequences("bad")) == {1}
    assert Delivery.objects.get(sequence=3).attempts == 0


def test_every_try_carries_the_same_id_and_bytes(
    workspace: Workspace, receiver: Receiver, short_ladder: object
) -> None:
    failures = iter([500, 503, 200])
    receiver.script = lambda arrival: next(failures)
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")

    while visit(connection) == "waiting":
        pass

    bodies = {arrival.body for arrival in receiver.arrivals}
    ids = {arrival.headers["webhook-id"] for arrival in receiver.arrivals}
    assert len(bodies) == len(ids) == 1
    assert [arrival.headers["happ-attempt"] for arrival in receiver.arrivals] == ["1", "2", "3"]
    assert json.loads(bodies.pop())["sequence"] == 1


@pytest.mark.parametrize("status", [100, 301, 302, 400, 401, 403, 404, 405, 429, 500, 503])
def test_everything_but_2xx_is_a_failure_that_waits(workspace: Workspace, receiver: Receiver, status: int) -> None:
    receiver.script = lambda arrival: status
    connection = connect(workspace, receiver.url)
    record(workspace, "chat_1")

    assert visit(connection) == "waiting"

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.rung, delivery.attempts) == ("pending", 1, 1)
    assert len(receiver.events) == 1
