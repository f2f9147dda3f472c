"""Settings: the connection stays, the password too, and nobody overwrites somebody else's change unseen."""

from typing import Any

import pytest

from deliveries.connections import latest
from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from tests.conftest import connect
from tests.integrations.conftest import stop
from tests.pages.webhook import BY_SCRIPT, Shop, hidden, value_of, words
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    return Shop(workspace)


@pytest.fixture
def connection(workspace: Workspace, receiver: Receiver) -> Connection:
    return connect(workspace, f"{receiver.url}?token=abc", "s3same")


def save(shop: Shop, url: str, **fields: str) -> Any:
    version = fields.pop("version", "") or shop.version("settings/")
    return shop.post("settings/", {"url": url, "scheme": "bearer", "version": version, **fields})


def saved(shop: Shop) -> tuple[str, str]:
    connection = latest(shop.workspace.pk)
    assert connection
    return connection.url, unseal(connection.password)


def test_the_form_holds_the_full_url_and_no_password(shop: Shop, connection: Connection) -> None:
    page = shop.get("settings/").content.decode()
    assert value_of(page, "url") == connection.url
    assert value_of(page, "password") == ""
    assert "s3same" not in page
    assert "A password is saved: leave this empty to keep it." in words(page)
    assert "Remove password" in words(page)


def test_an_empty_password_keeps_the_saved_one(shop: Shop, connection: Connection, receiver: Receiver) -> None:
    answer = save(shop, f"{receiver.url}/new")
    assert answer.status_code == 303
    assert saved(shop) == (f"{receiver.url}/new", "s3same")
    assert Connection.objects.get().edited_at is not None
    assert receiver.pings[-1].headers["authorization"] == "Bearer s3same"


def test_the_password_can_be_removed(shop: Shop, connection: Connection, receiver: Receiver) -> None:
    save(shop, receiver.url, remove_password="on")
    assert saved(shop) == (receiver.url, "")
    assert "authorization" not in receiver.pings[-1].headers
    assert "Remove password" not in words(shop.get("settings/").content.decode())


def test_another_way_of_sending_is_saved(shop: Shop, connection: Connection, receiver: Receiver) -> None:
    save(shop, receiver.url, scheme="header", header="X-Make-ApiKey")
    assert Connection.objects.get().auth == {"scheme": "header", "header": "x-make-apikey"}
    assert receiver.pings[-1].headers["x-make-apikey"] == "s3same"
    page = shop.get("settings/").content.decode()
    assert value_of(page, "header") == "x-make-apikey"


def test_another_host_asks_for_the_password_at_its_field(
    shop: Shop, connection: Connection, receiver: Receiver
) -> None:
    elsewhere = receiver.url.replace("127.0.0.1", "localhost")
    answer = save(shop, elsewhere)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="password-wrong">The URL leads to another host.' in page
    assert value_of(page, "url") == elsewhere
    assert receiver.arrivals == []
    assert saved(shop) == (connection.url, "s3same")


def test_without_a_saved_password_another_host_asks_for_none(
    shop: Shop, workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    elsewhere = receiver.url.replace("127.0.0.1", "localhost")
    assert save(shop, elsewhere).status_code == 303
    assert saved(shop) == (elsewhere, "")


def test_a_refusal_saves_nothing_and_keeps_what_was_entered(
    shop: Shop, connection: Connection, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 500
    answer = save(shop, f"{receiver.url}/new", password="other")
    page = answer.content.decode()
    assert "Service down." in words(page)
    assert (value_of(page, "url"), value_of(page, "password")) == (f"{receiver.url}/new", "other")
    assert saved(shop) == (connection.url, "s3same")


def test_two_browsers_do_not_overwrite_each_other_unseen(
    shop: Shop, connection: Connection, receiver: Receiver
) -> None:
    colleague = Shop(shop.workspace)
    version = shop.version("settings/")
    save(colleague, f"{receiver.url}/theirs")
    answer = save(shop, f"{receiver.url}/mine", password="mine", version=version)
    page = answer.content.decode()
    assert answer.status_code == 412
    read = words(page)
    assert "Somebody else changed it meanwhile" in read
    assert f"URL {receiver.url}/theirs Password saved" in read
    assert "Discard it and load what holds now" in read
    assert (value_of(page, "url"), value_of(page, "password")) == (f"{receiver.url}/mine", "mine")
    assert saved(shop) == (f"{receiver.url}/theirs", "s3same")
    save(shop, f"{receiver.url}/mine", password="mine", version=hidden(page, "version"))
    assert saved(shop) == (f"{receiver.url}/mine", "mine")


def test_a_second_click_saves_once(shop: Shop, connection: Connection, receiver: Receiver) -> None:
    version = shop.version("settings/")
    first = save(shop, f"{receiver.url}/new", version=version)
    second = save(shop, f"{receiver.url}/new", version=version)
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(receiver.pings) == 1


def test_what_was_stopped_or_disconnected_meanwhile_is_told(
    shop: Shop, connection: Connection, receiver: Receiver
) -> None:
    version = shop.version("settings/")
    stop(shop.workspace)
    answer = save(shop, f"{receiver.url}/new", version=version)
    assert answer.status_code == 412
    assert "State Stopped" in words(answer.content.decode())
    assert receiver.arrivals == []


def test_without_a_connection_there_are_no_settings(shop: Shop, connection: Connection) -> None:
    stop(shop.workspace)
    assert shop.get("settings/")["location"] == shop.address()
    assert shop.get("settings/", **BY_SCRIPT)["hx-redirect"] == shop.address()
