"""Disconnect: asks first, says what will happen, and ends what was asked about."""

import pytest
from django.contrib.messages import get_messages

from deliveries.connections import disconnect_workspace
from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from integrations import connecting, waiting
from tests.conftest import connect, record
from tests.integrations.conftest import stop
from tests.pages.webhook import BY_SCRIPT, Shop, hidden, words
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(workspace: Workspace, receiver: Receiver) -> Shop:
    connect(workspace, receiver.url)
    return Shop(workspace)


def asked(shop: Shop, language: str = "en") -> str:
    return words(shop.get("disconnect/", **{"accept-language": language}).content.decode())


def test_the_question_says_what_happens_and_changes_nothing(shop: Shop) -> None:
    assert asked(shop) == (
        "Chat Webhook Disconnect Chat Webhook? Close Event delivery stops. Chat history in HAPP is untouched. Events "
        "that already left for your endpoint may still arrive. Disconnect Cancel"
    )
    assert Connection.objects.get().closed_at is None


@pytest.mark.parametrize(
    ("count", "english", "ukrainian"),
    [
        (1, "1 event is still waiting", "Ще 1 подія чекає, її буде скасовано: її можна"),
        (3, "3 events are still waiting", "Ще 3 події чекають, їх буде скасовано: їх можна"),
        (5, "5 events are still waiting", "Ще 5 подій чекають, їх буде скасовано: їх можна"),
        (21, "21 events are still waiting", "Ще 21 подія чекає, її буде скасовано: її можна"),
    ],
    ids=["one", "few", "many", "twenty-one"],
)
def test_what_waits_is_counted_in_the_right_form(shop: Shop, count: int, english: str, ukrainian: str) -> None:
    record(shop.workspace, *["chat_1"] * count)
    it = "it" if count == 1 else "them"
    assert f"{english} and will be cancelled: you can fetch {it} through the HAPP API." in asked(shop)
    assert f"{ukrainian} отримати через HAPP API." in asked(shop, "uk")


def test_a_great_many_are_not_counted_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    record(shop.workspace, "chat_1", "chat_1")
    monkeypatch.setattr(waiting, "COUNTED", 1)
    assert "More than 10,000 events are still waiting and will be cancelled: you can fetch" in asked(shop)


def test_the_careful_button_has_the_focus(shop: Shop) -> None:
    page = shop.get("disconnect/", **BY_SCRIPT).content.decode()
    focused = page[page.index("autofocus") :]
    assert words(focused[focused.index(">") + 1 : focused.index("</button>")]) == "Cancel"
    assert page.count("autofocus") == 1


def test_it_is_ended_and_the_tile_says_so(shop: Shop) -> None:
    number = hidden(shop.get("disconnect/").content.decode(), "number")
    answer = shop.post("disconnect/", {"number": number})
    assert (answer.status_code, answer["location"]) == (303, shop.address())
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Disconnected. No further events are sent."
    ]
    assert Connection.objects.get().close_reason == "DISCONNECTED"
    assert "Not connected" in shop.tile()


def test_a_new_connection_is_not_ended_by_an_old_question(shop: Shop, receiver: Receiver) -> None:
    number = hidden(shop.get("disconnect/").content.decode(), "number")
    connect(shop.workspace, f"{receiver.url}/new")
    answer = shop.post("disconnect/", {"number": number})
    assert answer.status_code == 412
    assert "Somebody connected anew meanwhile. Nothing was disconnected" in words(answer.content.decode())
    assert Connection.objects.get(number=2).closed_at is None


def test_a_second_click_finds_it_done(shop: Shop) -> None:
    number = hidden(shop.get("disconnect/").content.decode(), "number")
    shop.post("disconnect/", {"number": number})
    again = shop.post("disconnect/", {"number": number}, **BY_SCRIPT)
    assert (again.status_code, again["hx-redirect"]) == (200, shop.address())


def test_a_stopped_one_says_that_new_events_can_flow_again(shop: Shop) -> None:
    stop(shop.workspace)
    assert "The stream is stopped already." in asked(shop)
    shop.post("disconnect/", {"number": "1"})
    assert "Not connected" in shop.tile()


def test_what_is_not_connected_leads_to_the_tile(shop: Shop) -> None:
    disconnect_workspace(shop.workspace.pk)
    assert shop.get("disconnect/")["location"] == shop.address()


def test_a_connection_that_opens_while_the_old_one_is_ended_stays(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = connecting.disconnect

    def connected_anew(workspace_id: str, *, expected_number: int | None = None) -> bool:
        connect(shop.workspace, f"{receiver.url}/new")
        return ends(workspace_id, expected_number=expected_number)

    monkeypatch.setattr(connecting, "disconnect", connected_anew)
    answer = shop.post("disconnect/", {"number": "1"})
    assert (answer.status_code, hidden(answer.content.decode(), "number")) == (412, "2")
    assert Connection.objects.get(number=2).closed_at is None
