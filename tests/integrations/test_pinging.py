"""The test button, and how often it may be pressed."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES
from integrations.guard import PINGS_A_MINUTE
from integrations.models import Integration
from tests.integrations.conftest import Api, during, stop, with_token
from tests.receiver import Receiver

OPEN_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
"""


@pytest.fixture
def connected(api: Api, receiver: Receiver) -> Api:
    assert api("put", "", {"url": receiver.url, "password": "first"}).status_code == 200
    receiver.arrivals.clear()
    return api


def test_a_ping_says_what_came_back(connected: Api, receiver: Receiver) -> None:
    answer = connected("post", "/ping", {})
    attempt = answer.json()["attempt"]
    assert (answer.status_code, attempt["status_code"], attempt["error"]) == (200, 200, None)
    assert attempt["title"] == "Your service accepts events"
    assert attempt["detail"] == f"It answered 200 in {attempt['response_ms']} ms."
    (arrival,) = receiver.arrivals
    assert (arrival.event["type"], arrival.headers["happ-test"]) == ("ping", "1")
    assert arrival.headers["authorization"] == "Bearer first"


def test_a_refused_ping_is_an_answer_too_and_is_shown_in_the_tile(connected: Api, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 401
    answer = connected("post", "/ping", headers={"accept-language": "uk"})
    attempt = answer.json()["attempt"]
    assert (answer.status_code, attempt["status_code"], attempt["error"]) == (200, 401, "HTTP_401")
    assert attempt["title"] == "Неправильний пароль"
    tile = connected.tile()
    assert (tile["last_status_code"], tile["status"], tile["failing"]) == (401, "connected", None)


def test_an_accepted_ping_makes_what_waits_due_at_once(connected: Api) -> None:
    Connection.objects.update(down_since=timezone.now(), failing_since=timezone.now(), paused_until=timezone.now())
    connected("post", "/ping", {"type": "ping"})
    found = Connection.objects.get()
    assert (found.down_since, found.failing_since, found.paused_until) == (None, None, None)
    assert found.heads_due_at is not None


@pytest.mark.parametrize("type_", EVENT_TYPES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sample_event_of_every_type_and_channel_can_be_sent(
    connected: Api, receiver: Receiver, type_: str, channel: str
) -> None:
    answer = connected("post", "/ping", {"type": type_, "channel": channel})
    assert answer.json()["attempt"]["error"] is None
    (event,) = receiver.events
    assert (event["type"], event["channel"], event["sequence"], event["test"]) == (type_, channel, 0, True)
    assert not ChatEvent.objects.exists()
    assert not Delivery.objects.exists()
    assert not DeliveryAttempt.objects.exists()


def test_a_sample_has_a_channel_and_a_type_also_when_only_one_is_named(connected: Api, receiver: Receiver) -> None:
    connected("post", "/ping", {"type": "order.created"})
    connected("post", "/ping", {"channel": "viber"})
    assert [(event["type"], event["channel"]) for event in receiver.events] == [
        ("order.created", "telegram"),
        ("message.received", "viber"),
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "message.deleted"}, "/type"),
        ({"type": 7}, "/type"),
        ({"type": ["ping"]}, "/type"),
        ({"type": "message.received", "channel": "icq"}, "/channel"),
        ({"channel": {}}, "/channel"),
        ({"type": "ping", "channel": "viber"}, "/channel"),
        ({"url": "https://example.com"}, "/url"),
    ],
)
def test_a_sample_that_does_not_exist_is_refused_and_nothing_is_sent(
    connected: Api, receiver: Receiver, body: dict[str, object], pointer: str
) -> None:
    problem = connected("post", "/ping", body).json()
    assert (problem["code"], [error["pointer"] for error in problem["errors"]]) == ("validation", [pointer])
    assert receiver.arrivals == []


def test_there_must_be_something_to_ping(api: Api, connected: Api, receiver: Receiver) -> None:
    connected("delete")
    answer = connected("post", "/ping")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
    assert receiver.arrivals == []


def test_a_stopped_one_can_be_pinged_to_see_whether_it_is_fixed_and_stays_stopped(
    connected: Api, workspace: Workspace, receiver: Receiver
) -> None:
    stop(workspace)
    before = connected.tile()
    assert connected("post", "/ping").json()["attempt"]["error"] is None
    assert len(receiver.arrivals) == 1
    assert connected.tile() == before


def test_more_than_twenty_pings_a_minute_are_refused(connected: Api, workspace: Workspace, receiver: Receiver) -> None:
    assert Integration.objects.get().ping_count == 1
    Integration.objects.update(ping_count=PINGS_A_MINUTE - 1)
    assert connected("post", "/ping").status_code == 200
    for method, below, body in (
        ("post", "/ping", None),
        ("put", "", {"url": receiver.url}),
        ("patch", "", {"password": None}),
    ):
        answer = connected(method, below, body)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 50 <= int(answer.headers["retry-after"]) <= 60
    assert len(receiver.arrivals) == 1
    Integration.objects.update(ping_minute=timezone.now() - timedelta(seconds=61))
    assert connected("post", "/ping").status_code == 200
    assert Integration.objects.get().ping_count == 1


def test_one_workspace_sends_one_ping_at_a_time(
    transactional_db: None, connected: Api, workspace: Workspace, receiver: Receiver
) -> None:
    answers = []
    second = with_token(workspace, "manage")
    during(receiver, lambda: answers.append(second("post", "/ping")))
    assert connected("post", "/ping").status_code == 200
    (answer,) = answers
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= settings.HAPP_DEADLINE_SECONDS + 1
    assert len(receiver.arrivals) == 1
    assert Integration.objects.get().ping_until is None
    assert connected("post", "/ping").status_code == 200


def test_a_claim_that_was_left_behind_ends_by_itself(connected: Api) -> None:
    Integration.objects.update(ping_until=timezone.now() + timedelta(seconds=3))
    assert connected("post", "/ping").status_code == 429
    Integration.objects.update(ping_until=timezone.now() - timedelta(seconds=1))
    assert connected("post", "/ping").status_code == 200


def test_one_web_process_sends_two_pings_at_a_time(transactional_db: None, connected: Api, receiver: Receiver) -> None:
    second, third = Receiver(), Receiver()
    others = [with_token(Workspace.objects.create(name=name), "manage") for name in ("two", "three")]
    answers = []
    during(second, lambda: answers.append(others[1]("put", "", {"url": third.url})))
    during(receiver, lambda: answers.append(others[0]("put", "", {"url": second.url})))
    assert connected("post", "/ping").status_code == 200
    refused, accepted = answers
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (accepted.status_code, third.arrivals) == (200, [])
    assert others[1]("put", "", {"url": third.url}).status_code == 200


def test_a_failed_ping_gives_its_place_back(api: Api, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500
    for _ in range(4):
        assert api("put", "", {"url": receiver.url}).status_code == 422
    assert Integration.objects.get().ping_until is None


def test_no_transaction_is_open_while_a_ping_is_on_its_way(
    transactional_db: None, connected: Api, workspace: Workspace, receiver: Receiver
) -> None:
    idle: list[bool] = []

    def look() -> None:
        with database.cursor() as cursor:
            cursor.execute(OPEN_TRANSACTIONS)
            idle.append(cursor.fetchone() == (0,))

    during(receiver, look)
    connected("post", "/ping")
    during(receiver, look)
    connected("patch", "", {"password": "new"})
    during(receiver, look)
    connected("put", "", {"url": receiver.url})
    assert idle == [True, True, True]
