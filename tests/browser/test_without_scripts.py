"""The same product in a browser that runs no scripts."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from tests.browser.conftest import Devices
from tests.browser.test_stories import only_with, shows
from tests.receiver import Receiver


@pytest.fixture
def page(devices: Devices, owner: User, home: str) -> Page:
    opened = devices(owner, java_script_enabled=False).new_page()
    opened.goto(home)
    return opened


def test_connect_settings_and_disconnect_need_no_script(page: Page, workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = only_with("first")
    page.get_by_role("button", name="Connect").click()
    page.get_by_label("URL to receive events").fill(receiver.url)
    page.get_by_label("Webhook password").fill("wrong")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#summary")).to_contain_text("Wrong password")
    expect(page.locator("[name=url]")).to_have_value(receiver.url)
    page.get_by_label("Webhook password").fill("first")
    page.get_by_role("button", name="Connect", exact=True).click()
    shows(page, "connected")

    receiver.script = only_with("second")
    page.locator("main").get_by_role("link", name="Settings").click()
    page.get_by_label("Webhook password").fill("second")
    page.get_by_role("button", name="Save").click()
    shows(page, "connected")
    connection = Connection.objects.get(workspace=workspace)
    assert unseal(connection.password) == "second"

    page.locator("main").get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Cancel").click()
    shows(page, "connected")
    page.locator("main").get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    shows(page, "not_connected")
    connection.refresh_from_db()
    assert connection.close_reason == "DISCONNECTED"


def test_a_test_event_is_sent_and_its_answer_shown(page: Page, workspace: Workspace, receiver: Receiver) -> None:
    page.get_by_role("button", name="Connect").click()
    page.get_by_label("URL to receive events").fill(receiver.url)
    page.get_by_role("button", name="Connect", exact=True).click()
    page.locator("main").get_by_role("link", name="Send test event").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("main")).to_contain_text("200")
    assert len(receiver.arrivals) == 2
