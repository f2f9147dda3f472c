"""Connect, replace and disconnect."""

import pytest

from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from happ_webhooks.history.problems import Problem
from integrations import connecting
from tests.conftest import record
from tests.integrations.conftest import Api, stop
from tests.receiver import Receiver


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (401, "HTTP_401", "Wrong password"),
        (404, "HTTP_404", "URL not found"),
        (302, "REDIRECT", "Redirect"),
        (500, "HTTP_500", "Service down"),
    ],
)
def test_a_url_that_refuses_the_ping_is_not_saved(
    api: Api, workspace: Workspace, receiver: Receiver, status: int, code: str, title: str
) -> None:
    receiver.script = lambda arrival: status
    answer = api("put", "", {"url": receiver.url, "password": "secret"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "ping_failed")
    attempt = problem["attempt"]
    assert (attempt["status_code"], attempt["error"], attempt["title"]) == (status, code, title)
    assert problem["detail"] == attempt["detail"]
    assert list(attempt) == [
        *("status_code", "error", "response_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "title", "detail")
    ]
    assert not Connection.objects.exists()
    assert len(receiver.arrivals) == 1
    assert api.tile()["status"] == "not_connected"


def test_nobody_who_listens_is_a_failed_ping_too(api: Api, receiver: Receiver) -> None:
    receiver.close()
    problem = api("put", "", {"url": receiver.url}).json()
    assert (problem["code"], problem["attempt"]["error"], problem["attempt"]["status_code"]) == (
        "ping_failed",
        "REFUSED",
        None,
    )
    assert not Connection.objects.exists()


def test_connect_pings_like_a_real_event_and_then_shows_the_tile(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    answer = api("put", "", {"url": receiver.url, "password": "pass word"})
    tile = answer.json()
    assert (answer.status_code, tile["status"], tile["url"], tile["password_set"]) == (
        200,
        "connected",
        receiver.url,
        True,
    )
    assert (tile["auth"], tile["generation"], tile["last_status_code"]) == ({"scheme": "bearer"}, 1, 200)
    (arrival,) = receiver.arrivals
    assert arrival.event["type"] == "ping"
    assert (arrival.event["test"], arrival.event["sequence"], arrival.event["workspace_id"]) == (True, 0, workspace.pk)
    assert arrival.headers["authorization"] == "Bearer pass word"
    assert (arrival.headers["happ-test"], arrival.headers["happ-attempt"]) == ("1", "1")
    assert arrival.headers["webhook-id"] == arrival.event["id"]
    assert unseal(Connection.objects.get().password) == "pass word"


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"scheme": "basic"}, "authorization", "Basic aGFwcDpzZWNyZXQ="),
        ({"scheme": "header", "header": "X-Make-ApiKey"}, "x-make-apikey", "secret"),
    ],
)
def test_the_password_is_sent_the_way_that_was_chosen(
    api: Api, receiver: Receiver, auth: dict[str, str], header: str, value: str
) -> None:
    tile = api("put", "", {"url": receiver.url, "password": "secret", "auth": auth}).json()
    assert receiver.arrivals[0].headers[header] == value
    assert tile["auth"] == {name: text.lower() for name, text in auth.items()}


def test_without_a_password_no_credential_is_sent(api: Api, receiver: Receiver) -> None:
    assert api("put", "", {"url": receiver.url, "password": None}).json()["password_set"] is False
    assert "authorization" not in receiver.arrivals[0].headers


def test_connecting_again_opens_a_new_connection_and_cancels_what_waits(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    record(workspace, "chat_1", "chat_2")
    assert api.tile()["pending"] == 2
    tile = api("put", "", {"url": receiver.url + "/2"}).json()
    assert (tile["generation"], tile["pending"], tile["status"]) == (2, 0, "connected")
    assert (tile["gap"]["reason"], tile["gap"]["count"]) == ("DISCONNECTED", 2)
    assert [row.close_reason for row in Connection.objects.order_by("number")] == ["DISCONNECTED", ""]


def test_a_failed_replacement_leaves_the_old_connection_as_it_was(api: Api, receiver: Receiver) -> None:
    before = api("put", "", {"url": receiver.url}).json()
    receiver.script = lambda arrival: 500
    assert api("put", "", {"url": receiver.url + "/2"}).status_code == 422
    assert api.tile() == before


def test_disconnect_is_repeatable(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    assert api("delete").status_code == 204
    api("put", "", {"url": receiver.url, "password": "secret"})
    record(workspace, "chat_1")
    answer = api("delete")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api("delete").status_code == 204
    tile = api.tile()
    assert (tile["status"], tile["url"], tile["password_set"], tile["auth"]) == ("not_connected", None, False, None)
    assert (tile["pending"], tile["generation"], tile["connected_at"]) == (0, 1, None)
    assert len(receiver.arrivals) == 1


def test_a_stopped_stream_is_shown_resumed_by_disconnect_and_connect(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    stop(workspace)
    tile = api.tile()
    assert (tile["status"], tile["stop_reason"], tile["url"]) == ("stopped", "MAX_RETRIES_EXCEEDED", receiver.url)
    assert tile["stopped_at"] is not None
    answer = api("patch", "", {"auth": {"scheme": "basic"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "stopped")
    assert len(receiver.arrivals) == 1
    assert api("delete").status_code == 204
    tile = api.tile()
    assert (tile["status"], tile["stop_reason"], tile["stopped_at"]) == ("not_connected", None, None)
    assert api("put", "", {"url": receiver.url}).json()["status"] == "connected"


def test_a_stopped_stream_can_be_connected_anew_at_once(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url})
    stop(workspace)
    tile = api("put", "", {"url": receiver.url}).json()
    assert (tile["status"], tile["generation"], tile["stop_reason"]) == ("connected", 2, None)


def test_a_connection_nobody_saw_is_not_ended(workspace: Workspace, receiver: Receiver) -> None:
    connecting.connect(workspace.pk, url=receiver.url)
    with pytest.raises(Problem) as refused:
        connecting.disconnect(workspace.pk, expected_number=0)
    assert refused.value.problem_code == "conflict"
    assert Connection.objects.get().disconnected_at is None
    assert connecting.disconnect(workspace.pk, expected_number=1) is True
    assert connecting.disconnect(workspace.pk, expected_number=1) is False
