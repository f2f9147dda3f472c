"""The tile tells the truth."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deliveries.models import COUNTED, Connection, Delivery, DeliveryAttempt
from deliveries.policy import Policy
from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.wire.envelope import utc_milliseconds
from happ_webhooks.wire.ladder import Ladder
from integrations import waiting
from integrations.tile import stops_at, tile
from integrations.waiting import FailingEvent
from tests.conftest import record, visit
from tests.integrations.conftest import Api
from tests.receiver import Receiver, Reply

KEYS = {
    *("workspace_id", "status", "url", "password_set", "auth", "generation", "connected_at", "edited_at"),
    *("stopped_at", "stop_reason", "last_attempt_at", "last_success_at", "last_status_code", "last_response_ms"),
    *("pending", "pending_capped", "oldest_pending_at", "failing", "gap"),
}
FAILING_KEYS = {
    *("since", "code", "title", "detail", "chats", "event_id", "attempts", "max_attempts"),
    *("next_attempt_at", "stops_at"),
}
NOW = datetime(2026, 5, 25, 11, 30, tzinfo=UTC)
LADDER = Ladder((10, 20, 30))
SILENCE = timedelta(seconds=1.2 * (60 + 4 * 5))


def test_before_the_first_connect_every_key_is_there(api: Api, workspace: Workspace) -> None:
    document = api.tile()
    assert set(document) == KEYS
    assert (document["workspace_id"], document["status"], document["generation"]) == (workspace.pk, "not_connected", 0)
    assert (document["password_set"], document["pending"], document["pending_capped"]) == (False, 0, False)
    told = ("workspace_id", "status", "generation", "password_set", "pending", "pending_capped")
    assert {name for name, value in document.items() if value is not None} == set(told)


def test_connected_with_nothing_waiting(api: Api, receiver: Receiver) -> None:
    document = api("put", "", {"url": receiver.url}).json()
    assert set(document) == KEYS
    assert (document["pending"], document["failing"], document["gap"]) == (0, None, None)
    assert (document["oldest_pending_at"], document["last_success_at"], document["last_status_code"]) == (
        None,
        None,
        200,
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["connected_at"])


def test_a_delivery_shows(transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url})
    record(workspace, "chat_1")
    assert visit(Connection.objects.get()) == "delivered"
    document = api.tile()
    assert (document["pending"], document["failing"], document["last_status_code"]) == (0, None, 200)
    assert document["last_success_at"] is not None


def test_a_failing_endpoint_is_explained_by_its_oldest_event(
    transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    receiver.script = lambda arrival: 200 if arrival.is_ping else 401
    accepted = record(workspace, "chat_1", "chat_2", "chat_2")
    assert visit(Connection.objects.get()) == "waiting"
    document = json.loads(api("get", headers={"accept-language": "uk"}).content)
    failing = document["failing"]
    oldest = Delivery.objects.get(pk=accepted[0].id)
    assert set(failing) == FAILING_KEYS
    assert (failing["code"], failing["title"]) == ("HTTP_401", "Неправильний пароль")
    assert (failing["event_id"], failing["attempts"], failing["max_attempts"]) == (oldest.pk, oldest.attempts, 8)
    assert failing["chats"] == 2
    assert datetime.fromisoformat(failing["since"]) <= datetime.fromisoformat(failing["next_attempt_at"])
    assert (document["pending"], document["last_status_code"]) == (3, 401)
    moment = oldest.recorded_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert document["oldest_pending_at"] == moment
    receiver.script = lambda arrival: 200
    api("post", "/ping")
    assert visit(Connection.objects.get()) == "delivered"
    assert api.tile()["failing"] is None


def test_pending_is_exact_up_to_a_bound(
    api: Api, workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert COUNTED == 10_000
    monkeypatch.setattr(waiting, "COUNTED", 3)
    api("put", "", {"url": receiver.url})
    record(workspace, "a", "b", "c")
    assert (api.tile()["pending"], api.tile()["pending_capped"]) == (3, False)
    record(workspace, "d")
    assert (api.tile()["pending"], api.tile()["pending_capped"]) == (3, True)


def test_the_tile_takes_few_statements_and_reads_no_content(
    transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    receiver.script = lambda arrival: 500
    record(workspace, "a", "b")
    visit(Connection.objects.get())
    assert DeliveryAttempt.objects.exists()
    with CaptureQueriesContext(database) as captured:
        document = tile(workspace, datetime.now(UTC))
    assert document["failing"] is not None
    assert len(captured) <= 5
    assert not any(ChatEvent._meta.db_table in query["sql"] for query in captured.captured_queries)


def _event(rung: int, second: datetime | None, due: datetime | None) -> FailingEvent:
    return FailingEvent(delivery=Delivery(rung=rung, next_attempt_at=due), second_attempt_at=second)


def _stops(connection: dict[str, Any], event: FailingEvent) -> datetime | None:
    return stops_at(Connection(**connection), event, Policy(LADDER, 5), NOW)


def test_the_stream_stops_when_the_oldest_event_is_through_its_ladder() -> None:
    due = NOW + timedelta(seconds=5)
    assert _stops({}, _event(1, None, due)) == due + timedelta(seconds=50)
    assert _stops({}, _event(3, NOW - timedelta(seconds=30), due)) == due


def test_the_stream_stops_earlier_when_nothing_was_accepted_for_too_long() -> None:
    since = NOW - timedelta(seconds=90)
    assert _stops({"failing_since": since}, _event(1, None, NOW)) == since + SILENCE


def test_an_event_that_fails_while_others_get_through_stops_nothing() -> None:
    second = NOW - timedelta(seconds=40)
    assert _stops({"last_accepted_at": NOW}, _event(3, second, NOW)) is None
    since = NOW - timedelta(seconds=10)
    stuck = {"last_accepted_at": NOW - timedelta(seconds=20), "failing_since": since}
    assert _stops(stuck, _event(3, second, NOW)) == since + SILENCE


def test_a_try_that_is_overdue_is_counted_from_now() -> None:
    assert _stops({}, _event(2, None, NOW - timedelta(hours=1))) == NOW + timedelta(seconds=30)


def test_a_pause_that_the_receiver_asked_for_moves_the_next_try_and_the_stop() -> None:
    paused_until = NOW + timedelta(hours=1)
    assert _stops({"paused_until": paused_until}, _event(2, None, NOW)) == paused_until + timedelta(seconds=30)
    silent = {"paused_until": paused_until, "failing_since": NOW - timedelta(seconds=90)}
    assert _stops(silent, _event(1, None, NOW)) == paused_until
    over = {"paused_until": NOW - timedelta(hours=1)}
    assert _stops(over, _event(2, None, NOW)) == NOW + timedelta(seconds=30)


def test_retry_after_of_one_chat_holds_for_the_next_try_of_the_others(
    transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    receiver.script = lambda arrival: 500
    first = record(workspace, "chat_1")[0]
    visit(Connection.objects.get())
    receiver.script = lambda arrival: Reply(429, headers={"retry-after": "600"})
    record(workspace, "chat_2")
    visit(Connection.objects.get())
    paused_until = Connection.objects.get().paused_until
    own = Delivery.objects.get(pk=first.id).next_attempt_at
    assert paused_until
    assert own
    assert own < paused_until
    asked_to_wait = utc_milliseconds(paused_until)
    assert api.tile()["failing"]["event_id"] == first.id
    assert api.tile()["failing"]["next_attempt_at"] == asked_to_wait
    rows = api("get", "/deliveries").json()["data"]
    [row] = [each for each in rows if each["event_id"] == first.id]
    assert datetime.fromisoformat(row["next_attempt_at"]) == paused_until
