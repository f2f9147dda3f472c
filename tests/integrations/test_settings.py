"""Changing the settings of what is connected."""

from urllib.parse import urlsplit

import pytest

from deliveries.models import CloseReason, Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from integrations.connecting import change_settings, disconnect
from tests.conftest import record
from tests.integrations.conftest import Api, during, stop
from tests.receiver import Receiver


@pytest.fixture
def other() -> "Receiver":
    return Receiver()


@pytest.fixture
def connected(api: Api, receiver: Receiver) -> Api:
    assert api("put", "", {"url": receiver.url, "password": "first"}).status_code == 200
    receiver.arrivals.clear()
    return api


def test_a_change_pings_with_the_new_settings_and_keeps_the_connection(
    connected: Api, workspace: Workspace, receiver: Receiver
) -> None:
    record(workspace, "chat_1")
    before = connected.tile()
    body = {"url": receiver.url + "/2", "password": "second", "auth": {"scheme": "basic"}}
    tile = connected("patch", "", body).json()
    assert (tile["url"], tile["auth"], tile["generation"], tile["pending"]) == (body["url"], body["auth"], 1, 1)
    assert tile["connected_at"] == before["connected_at"]
    assert (before["edited_at"], tile["edited_at"] is None) == (None, False)
    (arrival,) = receiver.arrivals
    assert (arrival.path, arrival.headers["authorization"]) == ("/happ/2", "Basic aGFwcDpzZWNvbmQ=")
    assert unseal(Connection.objects.get().password) == "second"


def test_what_is_left_out_stays_as_it_is(connected: Api, receiver: Receiver) -> None:
    tile = connected("patch", "", {"url": receiver.url + "/2"}).json()
    assert (tile["password_set"], tile["auth"]) == (True, {"scheme": "bearer"})
    assert receiver.arrivals[0].headers["authorization"] == "Bearer first"
    assert unseal(Connection.objects.get().password) == "first"


def test_null_removes_the_password(connected: Api, receiver: Receiver) -> None:
    assert connected("patch", "", {"password": None}).json()["password_set"] is False
    assert "authorization" not in receiver.arrivals[0].headers
    assert Connection.objects.get().password == ""


def test_another_port_needs_the_password_in_the_same_call(connected: Api, receiver: Receiver, other: Receiver) -> None:
    before = connected.tile()
    answer = connected("patch", "", {"url": other.url})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "password_required")
    assert [error["pointer"] for error in problem["errors"]] == ["/password"]
    assert (receiver.arrivals, other.arrivals, connected.tile()) == ([], [], before)
    assert connected("patch", "", {"url": other.url, "password": None}).status_code == 200
    assert "authorization" not in other.arrivals[0].headers


def test_another_host_needs_the_password_and_gets_the_one_that_is_given(connected: Api, receiver: Receiver) -> None:
    url = f"http://localhost:{urlsplit(receiver.url).port}/happ"
    assert connected("patch", "", {"url": url}).json()["code"] == "password_required"
    assert connected("patch", "", {"url": url, "password": "third"}).status_code == 200
    assert [arrival.headers["authorization"] for arrival in receiver.arrivals] == ["Bearer third"]


def test_another_path_or_query_needs_no_password(connected: Api, receiver: Receiver) -> None:
    url = receiver.url.upper().replace("/HAPP", "/other?a=1").replace("HTTP", "http")
    assert connected("patch", "", {"url": url}).status_code == 200


def test_a_change_whose_ping_fails_saves_nothing(connected: Api, receiver: Receiver) -> None:
    before = connected.tile()
    receiver.script = lambda arrival: 401
    answer = connected("patch", "", {"password": "wrong"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["attempt"]["error"]) == (422, "ping_failed", "HTTP_401")
    assert connected.tile() == before
    assert unseal(Connection.objects.get().password) == "first"


def test_there_must_be_something_to_change(api: Api, receiver: Receiver) -> None:
    answer = api("patch", "", {"url": receiver.url})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
    assert receiver.arrivals == []
    assert not Connection.objects.exists()


@pytest.mark.parametrize("body", [{"url": None}, {"url": ""}, {"auth": None}, {"password": ""}, {"paswort": "x"}])
def test_a_bad_change_is_refused_before_anything_is_sent(
    connected: Api, receiver: Receiver, body: dict[str, object]
) -> None:
    before = connected.tile()
    assert connected("patch", "", body).json()["code"] == "validation"
    assert (receiver.arrivals, connected.tile()) == ([], before)


def test_a_disconnect_during_the_ping_wins(
    transactional_db: None, connected: Api, workspace: Workspace, receiver: Receiver
) -> None:
    during(receiver, lambda: disconnect(workspace.pk))
    answer = connected("patch", "", {"password": "second"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_connected")
    assert unseal(Connection.objects.get().password) == "first"


def test_a_stop_during_the_ping_wins(
    transactional_db: None, connected: Api, workspace: Workspace, receiver: Receiver
) -> None:
    during(receiver, lambda: stop(workspace, CloseReason.GONE))
    answer = connected("patch", "", {"password": "second"})
    assert (answer.status_code, answer.json()["code"]) == (409, "stopped")
    assert unseal(Connection.objects.get().password) == "first"


def test_of_two_changes_at_once_none_undoes_the_other(
    transactional_db: None, connected: Api, workspace: Workspace, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after a save that took longer than the claim lasts: both have sent their ping.
    monkeypatch.setattr("integrations.guard.GRACE_SECONDS", -5.0)
    during(receiver, lambda: change_settings(workspace.pk, auth={"scheme": "basic"}))
    answer = connected("patch", "", {"password": "second"})
    assert (answer.status_code, answer.json()["code"]) == (412, "conflict")
    saved = Connection.objects.get()
    assert (unseal(saved.password), saved.auth) == ("first", {"scheme": "basic"})


def test_a_changed_url_makes_what_waits_due_at_once(connected: Api, workspace: Workspace, receiver: Receiver) -> None:
    Connection.objects.update(down_since="2026-01-01T00:00Z", failing_since="2026-01-01T00:00Z", last_error="TIMEOUT")
    connected("patch", "", {"url": receiver.url + "/2"})
    saved = Connection.objects.get()
    assert (saved.down_since, saved.failing_since, saved.last_error) == (None, None, "")
    assert saved.heads_due_at is not None
