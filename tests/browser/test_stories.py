"""What happens to a shop owner, from the first sign-in to the last repair, with the mouse and by keyboard alone."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import Workspace
from tests.browser.conftest import PASSWORD, Devices
from tests.browser.hands import HAND_NAMES, HANDS, Hands
from tests.conftest import connect, record
from tests.processes import Processes, eventually
from tests.receiver import Arrival, Receiver, Script

TRUTH_MS = 3_000

pytestmark = pytest.mark.timeout(180)
both_hands = pytest.mark.parametrize("hands", HANDS, ids=HAND_NAMES)


def only_with(password: str) -> Script:
    def script(arrival: Arrival) -> int:
        return 200 if arrival.headers.get("authorization") == f"Bearer {password}" else 401

    return script


def shows(page: Page, status: str, *, failing: bool = False, within: int = 20_000) -> None:
    """What the tile says, in the colour and in words."""
    tile = page.locator("#tile")
    expect(tile).to_have_attribute("data-status", status, timeout=within)
    expect(tile).to_have_attribute("data-failing", "true" if failing else "false", timeout=within)
    pill = {"connected": "Connected", "stopped": "Stopped", "not_connected": "Not connected"}[status]
    expect(tile.locator(".pill").first).to_have_text(re.compile(rf"^\s*{pill}\s*$"))


def warm_up(workspace: Workspace, receiver: Receiver) -> None:
    """Until the workers are up: an event of a workspace of its own has arrived."""
    shop = Workspace.objects.create(name="Warm-up")
    connect(shop, receiver.url)
    record(shop, "warm")
    eventually(lambda: receiver.arrivals, 60)
    receiver.arrivals.clear()


@both_hands
def test_from_sign_in_to_the_first_event(
    hands: Hands, delivering: Processes, devices: Devices, owner: User, workspace: Workspace, receiver: Receiver
) -> None:
    warm_up(workspace, receiver)
    receiver.script = only_with("s3cret")
    page = devices().new_page()
    page.goto("/")
    hands.type(page, "User name", "olena")
    hands.type(page, "Password", PASSWORD)
    hands.press(page, "Sign in")
    shows(page, "not_connected")

    hands.press(page, "Connect")
    hands.type(page, "URL to receive events", receiver.url)
    hands.type(page, "Webhook password", "s3cret")
    hands.press(page, "Connect")
    shows(page, "connected")
    expect(page.locator("#messages")).to_contain_text("Connected. New events now go to 127.0.0.1")
    expect(page.locator("#tile")).to_contain_text("Waiting for the first event")
    assert (len(receiver.pings), len(receiver.events)) == (1, 0)

    record(workspace, "chat_1")
    expect(page.locator("#tile")).to_contain_text("Last delivered")
    expect(page.locator("#tile")).not_to_contain_text("Waiting for the first event")
    assert receiver.sequences() == [1]
    hands.press(page, "Deliveries")
    expect(page.locator("#deliveries tbody [data-event-id]")).to_have_count(1)
    expect(page.locator("#deliveries [data-status=delivered]")).to_have_count(1)


@both_hands
def test_a_wrong_password_is_named_and_repaired_in_settings(
    hands: Hands, delivering: Processes, page: Page, workspace: Workspace, receiver: Receiver
) -> None:
    warm_up(workspace, receiver)
    connection = connect(workspace, receiver.url, "old")
    receiver.script = only_with("new")
    record(workspace, "chat_1")
    page.reload()
    shows(page, "connected", failing=True)
    expect(page.locator("#tile")).to_contain_text("Wrong password")
    expect(page.locator("#tile")).to_contain_text("The password in HAPP doesn't match the one on your service.")

    hands.choose(page, "Settings")
    hands.type(page, "Webhook password", "still wrong")
    hands.press(page, "Save")
    expect(page.locator("dialog #summary")).to_contain_text("Wrong password")
    expect(page.locator("dialog #summary")).to_be_focused()

    hands.type(page, "Webhook password", "new")
    hands.press(page, "Save")
    shows(page, "connected")
    eventually(lambda: Delivery.objects.filter(status="delivered", connection=connection).count() == 1)
    assert Connection.objects.filter(workspace=workspace).count() == 1


@both_hands
def test_an_outage_shows_within_three_seconds_and_so_does_its_end(
    hands: Hands, delivering: Processes, page: Page, workspace: Workspace, receiver: Receiver
) -> None:
    warm_up(workspace, receiver)
    connection = connect(workspace, receiver.url)
    page.reload()
    shows(page, "connected")
    receiver.script = lambda arrival: 500
    record(workspace, "chat_1")
    owed = Delivery.objects.filter(connection=connection)
    eventually(lambda: owed.filter(last_error="HTTP_500").exists())
    shows(page, "connected", failing=True, within=TRUTH_MS)
    expect(page.locator("#tile")).to_contain_text("Check your service logs: we're already retrying in the background.")
    expect(page.locator("#tile")).to_contain_text(re.compile(r"Next try at \d\d:\d\d:\d\d|The next try is due now"))

    receiver.script = lambda arrival: 200
    hands.choose(page, "Send test event")
    hands.press(page, "Send")
    eventually(lambda: owed.filter(status="delivered").exists())
    hands.press(page, "Close")
    shows(page, "connected", within=TRUTH_MS)


@both_hands
def test_after_the_ceiling_three_steps_lead_to_a_stream_of_new_events(
    hands: Hands, delivering: Processes, page: Page, workspace: Workspace, receiver: Receiver
) -> None:
    warm_up(workspace, receiver)
    connect(workspace, receiver.url)
    receiver.script = lambda arrival: 404
    record(workspace, "chat_1", "chat_1", "chat_2")
    eventually(lambda: Connection.objects.filter(workspace=workspace, close_reason="MAX_RETRIES_EXCEEDED"), 60)
    shows(page, "stopped")
    tile = page.locator("#tile")
    expect(tile).to_contain_text("MAX_RETRIES_EXCEEDED")
    expect(tile.locator("ol > li")).to_have_count(3)
    expect(tile).to_contain_text("3 events")

    receiver.script = lambda arrival: 200
    receiver.arrivals.clear()
    hands.choose(page, "Disconnect")
    expect(page.get_by_role("heading", name="Disconnect Chat Webhook?")).to_be_visible()
    hands.press(page, "Disconnect")
    shows(page, "not_connected")
    hands.press(page, "Connect")
    hands.type(page, "URL to receive events", receiver.url)
    hands.press(page, "Connect")
    shows(page, "connected")
    record(workspace, "chat_1", "chat_2")
    eventually(lambda: len(receiver.events) == 2)
    assert receiver.sequences() == [4, 5]
    eventually(lambda: Delivery.objects.filter(workspace=workspace, status="delivered").count() == 2)


@both_hands
def test_the_menu_opens_walks_and_closes_and_gives_the_focus_back(
    hands: Hands, page: Page, workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    page.reload()
    button = page.get_by_role("button", name="Actions")
    hands.press(page, "Actions")
    expect(button).to_have_attribute("aria-expanded", "true")
    items = page.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("End")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("menu")).to_be_hidden()
