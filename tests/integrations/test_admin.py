"""Support sees every integration and its log in the admin, and changes nothing there but by the actions."""

import re
from importlib import import_module

from django.apps import apps
from django.contrib.admin.utils import quote
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from integrations import connecting
from integrations.models import Integration
from tests.conftest import record, visit
from tests.integrations.conftest import stop
from tests.integrations.support import ACTIONS, LIST, Person, address, page
from tests.receiver import Receiver


def test_the_list_shows_every_workspace_also_one_that_never_asked_for_its_integration(
    support: Client, workspace: Workspace
) -> None:
    shown = page(support, LIST)
    assert workspace.pk in shown
    assert "not connected" in shown
    assert Integration.objects.filter(pk=workspace.pk).exists()


def test_the_list_shows_host_state_and_what_waits_and_never_the_query(
    support: Client, workspace: Workspace, receiver: Receiver
) -> None:
    connecting.connect(workspace.pk, url=receiver.url + "?token=tok_canary", password="pw_canary")
    record(workspace, "chat_1", "chat_2")
    shown = page(support, LIST)
    assert receiver.url.split("/")[2] in shown
    assert '<td class="field-waits">2</td>' in shown
    assert "canary" not in shown


def test_the_list_is_searched_by_workspace_and_host_but_not_by_what_the_query_hides(
    support: Client, workspace: Workspace, receiver: Receiver
) -> None:
    connecting.connect(workspace.pk, url=receiver.url.removesuffix("/happ") + "?token=tok_canary")
    for term, found in ((workspace.pk, True), ("Кав", True), ("127.0.0.1", True), ("tok_canary", False)):
        assert ("field-host" in page(support, LIST, q=term)) is found


def test_the_list_is_filtered_by_state_failure_and_error(
    support: Client, workspace: Workspace, receiver: Receiver
) -> None:
    def found(**query: str) -> bool:
        return "field-host" in page(support, LIST, **query)

    assert [found(status=status) for status in ("not_connected", "connected", "stopped")] == [True, False, False]
    connecting.connect(workspace.pk, url=receiver.url)
    assert [found(status=status) for status in ("not_connected", "connected", "stopped")] == [False, True, False]
    assert (found(failing="longer_than_1_h"), found(error="HTTP_500")) == (False, False)
    Connection.objects.update(failing_since="2026-01-01T00:00Z", last_error="HTTP_500")
    assert (found(failing="longer_than_1_h"), found(error="HTTP_500"), found(error="DNS")) == (True, True, False)
    stop(workspace)
    assert [found(status=status) for status in ("not_connected", "connected", "stopped")] == [False, False, True]
    assert [found(status="stopped", error=error) for error in ("HTTP_500", "DNS")] == [True, False]
    assert [found(error=error) for error in ("HTTP_500", "DNS")] == [True, False]
    connecting.disconnect(workspace.pk)
    assert not found(error="HTTP_500")
    assert [found(status=status) for status in ("not_connected", "connected", "stopped")] == [True, False, False]


def test_the_page_says_what_the_tile_says_and_shows_the_last_attempts(
    transactional_db: None, support: Client, listed: Workspace, receiver: Receiver
) -> None:
    connection = connecting.connect(listed.pk, url=receiver.url + "?token=tok_canary", password="pw_canary")
    receiver.script = lambda arrival: 401
    (event,) = record(listed, "chat_1")
    visit(connection)
    shown = page(support, address(listed))
    for text in ("Wrong password", "Open the tile, paste the right password, save.", event.id, "?token=***"):
        assert text in shown
    for action in ACTIONS:
        assert f'/{action}/">' in shown
    assert "canary" not in shown
    assert "Доброго дня" not in shown


def test_nothing_is_added_changed_or_deleted_but_by_the_actions(person: Person, listed: Workspace) -> None:
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    assert client.post(address(listed), {"signing_secret": "x"}).status_code == 403
    assert client.get(address(listed, "delete")).status_code == 403
    assert client.get(reverse("admin:integrations_integration_add")).status_code == 403


def test_the_logs_are_read_only_and_show_no_content(
    transactional_db: None, person: Person, listed: Workspace, receiver: Receiver
) -> None:
    connection = connecting.connect(listed.pk, url=receiver.url)
    receiver.script = lambda arrival: 500
    (event,) = record(listed, "chat_1")
    visit(connection)
    attempt = DeliveryAttempt.objects.filter(delivery_id=event.id).first()
    assert attempt is not None
    client = Client()
    client.force_login(person("root", is_staff=True, is_superuser=True))
    for name, key in (("delivery", event.id), ("deliveryattempt", str(attempt.pk))):
        listing = reverse(f"admin:deliveries_{name}_changelist")
        for query in ({}, {"q": listed.pk}, {"q": event.id}):
            shown = page(client, listing, **query)
            assert event.id in shown
            assert "Доброго дня" not in shown
        assert event.id not in page(client, listing, q="evt_none")
        assert client.get(reverse(f"admin:deliveries_{name}_add")).status_code == 403
        assert client.get(reverse(f"admin:deliveries_{name}_delete", args=[quote(key)])).status_code == 403
        assert client.post(reverse(f"admin:deliveries_{name}_change", args=[quote(key)]), {}).status_code == 403
    shown = page(client, reverse("admin:deliveries_delivery_change", args=[quote(event.id)]))
    assert "Доброго дня" not in shown
    listing = reverse("admin:deliveries_delivery_changelist")
    assert event.id in page(client, listing, stands="pending", last_error="HTTP_500", channel="telegram")
    assert event.id not in page(client, listing, stands="delivered")
    listing = reverse("admin:deliveries_deliveryattempt_changelist")
    assert event.id in page(client, listing, error="HTTP_500")


def test_the_buttons_of_an_integration_lead_to_its_actions(support: Client, workspace: Workspace) -> None:
    [from_list] = re.findall(r'<a href="(/admin/integrations/integration/[^"]+/change/)', page(support, LIST))
    shown = page(support, from_list)
    assert "What the tile says" in shown
    assert workspace.pk in shown
    links = re.findall(r'<a href="(/admin/integrations/integration/[^"]+/(?:connect|disconnect|ping|rotate)/)"', shown)
    assert len(links) == len(ACTIONS) == 4
    for link in links:
        assert 'name="reason"' in page(support, link)


def test_a_try_beyond_the_ladder_is_not_counted_against_it(
    transactional_db: None, support: Client, listed: Workspace, receiver: Receiver
) -> None:
    connection = connecting.connect(listed.pk, url=receiver.url)
    receiver.script = lambda arrival: 500
    (event,) = record(listed, "chat_1")
    visit(connection)
    for attempts, said in ((1, "1 of 8 tries made"), (7, "7 of 8 tries made"), (11, "11 tries made")):
        Delivery.objects.filter(pk=event.id).update(attempts=attempts)
        assert said in page(support, address(listed))


def test_to_read_the_list_writes_nothing(support: Client, workspace: Workspace) -> None:
    with CaptureQueriesContext(database) as statements:
        page(support, LIST)
    writes = [each["sql"] for each in statements if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not [each for each in writes if "django_session" not in each]


def test_workspaces_of_before_get_their_integration(workspace: Workspace) -> None:
    Integration.objects.all().delete()
    import_module("integrations.migrations.0003_an_integration_for_every_workspace").make_missing(apps, None)
    assert [row.pk for row in Integration.objects.all()] == [workspace.pk]
