"""Support connects, disconnects, pings and rotates in the admin, through the same services and with a reason."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from integrations import connecting
from integrations.models import Integration
from integrations.signing import rotate, signing_secret
from tests.integrations.support import ACTIONS, LIST, Person, act, address, history, page, seen, staff_client
from tests.receiver import Receiver


def test_connect_pings_saves_and_writes_the_history(support: Client, listed: Workspace, receiver: Receiver) -> None:
    fields = {"url": receiver.url, "password": "pw_canary", "scheme": "header", "header": "X-Key"}
    answer = act(support, listed, "connect", **fields)
    assert (answer.status_code, answer.headers["location"]) == (302, address(listed))
    connection = Connection.objects.get()
    assert (unseal(connection.password), connection.auth) == ("pw_canary", {"scheme": "header", "header": "x-key"})
    assert receiver.arrivals[0].headers["x-key"] == "pw_canary"
    host = receiver.url.split("/")[2]
    (entry,) = LogEntry.objects.all()
    assert entry.change_message == f"Connect: Connected to {host}, connection 1. Reason: Ticket 7"
    assert (entry.user.get_username(), entry.object_id) == ("support", listed.pk)
    assert "canary" not in page(support, address(listed))


def test_a_connect_that_fails_saves_nothing_and_keeps_the_form_without_the_password(
    support: Client, listed: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 404
    shown = act(support, listed, "connect", url=receiver.url, password="pw_canary").content.decode()
    assert "Wrong path or the service isn&#x27;t deployed." in shown
    assert receiver.url in shown
    assert "canary" not in shown
    assert not Connection.objects.exists()
    assert history() == ["Connect: refused, ping_failed. Reason: Ticket 7"]


def test_a_connect_names_the_fields_that_are_wrong(support: Client, listed: Workspace, receiver: Receiver) -> None:
    shown = act(support, listed, "connect", url="ftp://x", password="пароль", scheme="header").content.decode()
    assert "Use https://" in shown
    assert "Use Latin letters" in shown
    assert "starts with x-" in shown
    assert not Connection.objects.exists()


def test_disconnect_ping_and_rotate_go_through_the_services(
    support: Client, listed: Workspace, receiver: Receiver
) -> None:
    connecting.connect(listed.pk, url=receiver.url)
    before = signing_secret(listed.pk).signing_secret
    assert act(support, listed, "ping").status_code == 302
    assert len(receiver.arrivals) == 2
    assert act(support, listed, "rotate").status_code == 302
    after = signing_secret(listed.pk).signing_secret
    assert after != before
    assert act(support, listed, "disconnect").status_code == 302
    assert Connection.objects.get().close_reason == "DISCONNECTED"
    entries = history()
    assert entries[0].startswith("Send test ping: The test ping was answered with 200 in ")
    assert entries[1].startswith("Rotate signing secret: There is a new signing secret")
    assert entries[2] == "Disconnect: Disconnected. Reason: Ticket 7"
    assert all(entry.endswith("Reason: Ticket 7") for entry in entries)
    assert not any(secret.removeprefix("whsec_") in " ".join(entries) for secret in (before, after))


def test_a_ping_of_what_is_not_connected_is_refused_in_words(support: Client, listed: Workspace) -> None:
    assert "Connect a URL first." in act(support, listed, "ping").content.decode()
    assert history() == ["Send test ping: refused, not_connected. Reason: Ticket 7"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_is_done_without_a_reason(
    support: Client, listed: Workspace, receiver: Receiver, action: str, reason: str
) -> None:
    connecting.connect(listed.pk, url=receiver.url)
    before = list(Connection.objects.values()), list(Integration.objects.values())
    answer = act(support, listed, action, reason=reason, url=receiver.url)
    assert (answer.status_code, "This field is required." in answer.content.decode()) == (200, True)
    assert (list(Connection.objects.values()), list(Integration.objects.values())) == before
    assert (history(), len(receiver.arrivals)) == ([], 1)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_page_that_is_only_opened_does_nothing(support: Client, listed: Workspace, action: str) -> None:
    assert 'name="reason"' in page(support, address(listed, action))
    assert history() == []


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [((), ()), (("operate",), ("disconnect", "ping")), (("configure",), ("connect", "rotate"))],
)
def test_every_action_has_its_permission(
    person: Person, listed: Workspace, permissions: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    client = staff_client(person, *permissions)
    shown = page(client, address(listed))
    for action in ACTIONS:
        assert (f'/{action}/">' in shown) is (action in allowed)
        expected = 200 if action in allowed else 403
        assert act(client, listed, action, reason="").status_code == expected


def test_whoever_is_not_staff_is_asked_to_sign_in(person: Person, listed: Workspace) -> None:
    client = Client()
    client.force_login(person("owner", listed))
    for path in (LIST, address(listed), *(address(listed, action) for action in ACTIONS)):
        answer = client.get(path)
        assert (answer.status_code, "/admin/login/" in answer.headers["location"]) == (302, True)


def test_a_workspace_that_does_not_exist_is_not_found(support: Client, listed: Workspace) -> None:
    assert support.post(address(Workspace(pk="ws_none"), "disconnect"), {"reason": "x"}).status_code == 404


def test_a_rotation_that_is_sent_twice_happens_once(support: Client, listed: Workspace) -> None:
    shown = seen(support, listed, "rotate")
    assert act(support, listed, "rotate", seen=shown).status_code == 302
    once = signing_secret(listed.pk)
    again = act(support, listed, "rotate", seen=shown).content.decode()
    assert "The secret was rotated meanwhile, so it was left as it is." in again
    assert signing_secret(listed.pk) == once
    assert history()[1] == "Rotate signing secret: refused, conflict. Reason: Ticket 7"


def test_a_rotation_soon_after_another_is_warned_of(support: Client, listed: Workspace) -> None:
    assert "An earlier secret still signs" not in page(support, address(listed, "rotate"))
    until = rotate(listed.pk).previous_expires_at
    assert until is not None
    warning = f"An earlier secret still signs until {until:%d.%m.%Y, %H:%M} UTC: it ends at once if you rotate again."
    assert warning in page(support, address(listed, "rotate"))


@pytest.mark.parametrize("action", ["connect", "disconnect"])
def test_a_connection_that_was_not_seen_is_neither_replaced_nor_ended(
    support: Client, listed: Workspace, receiver: Receiver, action: str
) -> None:
    connecting.connect(listed.pk, url=receiver.url)
    shown = seen(support, listed, action)
    connecting.connect(listed.pk, url=f"{receiver.url}/new")
    answer = act(support, listed, action, seen=shown, url=receiver.url).content.decode()
    assert "The settings are not those you saw." in answer
    assert Connection.objects.get(closed_at=None).url == f"{receiver.url}/new"
    assert (len(receiver.arrivals), Connection.objects.count()) == (2, 2)


@pytest.mark.parametrize("action", ["connect", "disconnect", "rotate"])
def test_a_form_that_says_not_what_it_showed_does_nothing(
    support: Client, listed: Workspace, receiver: Receiver, action: str
) -> None:
    connecting.connect(listed.pk, url=receiver.url)
    before = list(Connection.objects.values()), list(Integration.objects.values())
    assert act(support, listed, action, seen="", url=receiver.url).status_code == 200
    assert (list(Connection.objects.values()), list(Integration.objects.values())) == before
