"""The test button: what is sent, what came back, and that nothing else happens."""

import re

import pytest

from deliveries.connections import disconnect_workspace
from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.conftest import connect
from tests.integrations.conftest import stop
from tests.pages.webhook import BY_SCRIPT, Shop, words
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(workspace: Workspace, receiver: Receiver) -> Shop:
    connect(workspace, receiver.url, "secret")
    return Shop(workspace)


def test_the_question_sends_nothing(shop: Shop, receiver: Receiver) -> None:
    read = words(shop.get("test/").content.decode())
    assert "Ping: does the service answer? (ping)" in read
    assert "A new order (order.created)" in read
    assert receiver.arrivals == []


def test_the_dialog_shares_no_id_with_the_log_that_it_opens_over(shop: Shop) -> None:
    dialog, log = (
        set(re.findall(r'\sid="([^"]+)"', shop.get(page, **headers).content.decode()))
        for page, headers in (("test/", BY_SCRIPT), ("deliveries/", {}))
    )
    assert "test-type" in dialog
    assert "type" in log
    assert dialog & log == set()


def test_a_ping_goes_without_a_channel_and_shows_the_check(shop: Shop, receiver: Receiver) -> None:
    answer = shop.post("test/", {"type": "ping", "channel": "viber"}, **BY_SCRIPT)
    page = answer.content.decode()
    assert (answer.status_code, "<html" in page) == (200, False)
    assert "Your service accepts events It answered 200 in " in words(page)
    assert "Connecting OK" in words(page)
    assert "Status of the answer OK 200" in words(page)
    assert "Failed here" not in page
    assert [arrival.event["type"] for arrival in receiver.arrivals] == ["ping"]


@pytest.mark.parametrize("type_", ["message.received", "message.sent", "order.created"])
def test_a_sample_goes_on_the_chosen_channel_and_is_not_recorded(shop: Shop, receiver: Receiver, type_: str) -> None:
    page = shop.post("test/", {"type": type_, "channel": "viber"}).content.decode()
    [arrival] = receiver.arrivals
    assert (arrival.event["type"], arrival.event["channel"], arrival.event["test"]) == (type_, "viber", True)
    assert arrival.headers["authorization"] == "Bearer secret"
    assert f'value="{type_}" selected' in page
    assert 'value="viber" selected' in page
    assert not ChatEvent.objects.exists()
    assert not Delivery.objects.exists()


def test_a_refusal_says_what_to_do(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 404
    read = words(shop.post("test/", {"type": "ping"}).content.decode())
    assert "URL not found Wrong path or the service isn't deployed. Check that the URL opens in a browser." in read
    assert "Status of the answer Failed here 404" in read
    assert Connection.objects.get().closed_at is None


def test_a_stopped_one_can_be_asked(shop: Shop, receiver: Receiver) -> None:
    stop(shop.workspace)
    assert shop.post("test/", {"type": "ping"}).status_code == 200
    assert len(receiver.pings) == 1


def test_too_many_say_how_long_to_wait(shop: Shop, receiver: Receiver) -> None:
    for _ in range(20):
        shop.post("test/", {"type": "ping"})
    answer = shop.post("test/", {"type": "ping"})
    assert answer.status_code == 429
    read = words(answer.content.decode())
    assert "Another check is running, or there were too many. Wait a moment. Try again in " in read
    assert len(receiver.pings) == 20


def test_what_does_not_exist_is_refused(shop: Shop, receiver: Receiver) -> None:
    assert shop.post("test/", {"type": "nonsense"}).status_code == 422
    assert shop.post("test/", {"type": "order.created", "channel": "fax"}).status_code == 422
    assert receiver.arrivals == []


def test_without_a_connection_there_is_nothing_to_test_and_the_tile_says_so(shop: Shop, receiver: Receiver) -> None:
    disconnect_workspace(shop.workspace.pk)
    answer = shop.get("test/", **BY_SCRIPT)
    assert answer["hx-redirect"] == shop.address()
    assert "Connect a URL first." in shop.tile()
    assert shop.get("test/")["location"] == shop.address()
    assert shop.post("test/", {"type": "ping"})["location"] == shop.address()
    assert receiver.arrivals == []
