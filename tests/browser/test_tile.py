"""The tile and its dialogs, whatever people and their browsers do."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Response, expect

from deliveries.models import Connection
from happ_webhooks.history.models import Membership, Workspace
from integrations.state import status_of
from tests.browser.conftest import PASSWORD, Devices
from tests.browser.states import STATES
from tests.browser.test_stories import only_with, shows
from tests.browser.watch import Watch
from tests.conftest import connect
from tests.processes import eventually
from tests.receiver import Receiver, Reply

MOST_BYTES = 100_000
TILE = "#tile"


def open_connect(page: Page, url: str = "", password: str = "") -> None:
    page.get_by_role("button", name="Connect").click()
    page.locator("dialog").get_by_label("URL to receive events").fill(url)
    page.locator("dialog").get_by_label("Webhook password").fill(password)


def press(page: Page, name: str) -> None:
    page.locator("dialog").get_by_role("button", name=name, exact=True).click()


def open_from_menu(page: Page, name: str) -> None:
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=name).click()
    expect(page.locator("dialog[open] #dialog-title")).to_be_visible()


def test_a_double_click_on_connect_connects_once(
    page: Page, watch: Watch, workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: Reply(200, delay=0.7)
    open_connect(page, receiver.url)
    page.locator("dialog").get_by_role("button", name="Connect", exact=True).dblclick()
    shows(page, "connected")
    assert watch.sent("POST", "/connect/") == 1
    assert len(receiver.pings) == 1
    assert Connection.objects.filter(workspace=workspace).count() == 1


def test_enter_pressed_twice_connects_once(page: Page, workspace: Workspace, receiver: Receiver) -> None:
    receiver.script = lambda arrival: Reply(200, delay=0.7)
    open_connect(page, receiver.url)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    shows(page, "connected")
    assert len(receiver.pings) == 1
    assert Connection.objects.filter(workspace=workspace).count() == 1


def test_a_refused_url_keeps_what_was_typed_and_saves_nothing(
    page: Page, workspace: Workspace, receiver: Receiver
) -> None:
    receiver.script = only_with("right")
    open_connect(page, receiver.url, "wrong")
    press(page, "Connect")
    summary = page.locator("dialog #summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Wrong password")
    expect(page.locator("dialog [name=url]")).to_have_value(receiver.url)
    expect(page.locator("dialog [name=password]")).to_have_value("wrong")
    assert not Connection.objects.filter(workspace=workspace).exists()
    page.locator("dialog [name=password]").fill("right")
    press(page, "Connect")
    shows(page, "connected")


def test_two_browsers_do_not_overwrite_each_other_silently(
    devices: Devices, page: Page, owner: User, workspace: Workspace, home: str, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    other = devices(owner).new_page()
    for each in (page, other):
        each.goto(home)
        open_from_menu(each, "Settings")
    for each, path in ((page, "/first"), (other, "/second")):
        each.locator("dialog [name=url]").fill(receiver.url.replace("/happ", path))
    press(page, "Save")
    expect(page.locator(TILE)).to_contain_text("/first")
    press(other, "Save")
    expect(other.locator("dialog #summary")).to_contain_text("The settings are not those you saw.")
    saved = Connection.objects.get(workspace=workspace)
    assert saved.url.endswith("/first")
    expect(other.locator("dialog [name=url]")).to_have_value(receiver.url.replace("/happ", "/second"))


def test_two_browsers_that_connect_at_once_end_with_one_connection(
    devices: Devices, page: Page, owner: User, workspace: Workspace, home: str, receiver: Receiver
) -> None:
    other = devices(owner).new_page()
    other.goto(home)
    open_connect(page, receiver.url)
    open_connect(other, receiver.url.replace("/happ", "/other"))
    press(page, "Connect")
    shows(page, "connected")
    press(other, "Connect")
    expect(other.locator("dialog #summary")).to_contain_text("The settings are not those you saw.")
    assert Connection.objects.get(workspace=workspace).url == receiver.url


@pytest.mark.parametrize("state", STATES)
def test_a_reload_and_the_back_button_show_the_same_tile(
    state: str, page: Page, home: str, workspace: Workspace
) -> None:
    STATES[state](workspace)
    status = status_of(Connection.objects.filter(workspace=workspace).order_by("-number").first())
    page.goto(home)
    failing = page.locator(TILE).get_attribute("data-failing") == "true"
    assert failing == (state in {"failing", "down"})
    shows(page, status, failing=failing)
    page.reload()
    shows(page, status, failing=failing)
    page.goto("/login/")
    page.go_back()
    shows(page, status, failing=failing)
    expect(page.locator("dialog")).not_to_be_visible()


def test_the_back_button_after_connecting_shows_what_holds_now(page: Page, home: str, receiver: Receiver) -> None:
    open_connect(page, receiver.url)
    press(page, "Connect")
    shows(page, "connected")
    page.go_back()
    page.go_forward()
    shows(page, "connected")
    expect(page.locator("dialog")).not_to_be_visible()
    assert len(receiver.pings) == 1


def test_a_sign_in_that_ran_out_takes_nothing_of_what_was_typed(page: Page, receiver: Receiver) -> None:
    open_connect(page, receiver.url, "s3cret")
    Session.objects.all().delete()
    press(page, "Connect")
    notice = page.locator("dialog #notice")
    expect(notice).to_contain_text("You are signed out. What you entered is still here")
    expect(page.locator("dialog [name=url]")).to_have_value(receiver.url)
    expect(page.locator("dialog [name=password]")).to_have_value("s3cret")
    assert receiver.arrivals == []
    with page.context.expect_page() as opened:
        notice.get_by_role("link").click()
    tab = opened.value
    tab.get_by_label("User name").fill("olena")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.locator(TILE)).to_be_visible()
    tab.close()
    press(page, "Connect")
    shows(page, "connected")
    assert len(receiver.pings) == 1


def test_a_dialog_stays_open_while_its_form_is_on_its_way(page: Page, watch: Watch, receiver: Receiver) -> None:
    receiver.script = lambda arrival: Reply(200, delay=1.5)
    open_connect(page, receiver.url)
    press(page, "Connect")
    eventually(lambda: page.evaluate("1") and len(receiver.pings) == 1)
    for _ in range(3):
        page.keyboard.press("Escape")
    press(page, "Cancel")
    expect(page.locator("dialog")).to_be_visible()
    shows(page, "connected")
    assert watch.sent("POST", "/connect/") == 1


def test_who_may_no_longer_do_it_is_told_so_and_keeps_what_was_typed(
    page: Page, workspace: Workspace, receiver: Receiver
) -> None:
    open_connect(page, receiver.url)
    Membership.objects.filter(workspace=workspace).update(role="member")
    press(page, "Connect")
    expect(page.locator("dialog #notice")).to_contain_text("You may no longer do this.")
    expect(page.locator("dialog [name=url]")).to_have_value(receiver.url)
    assert receiver.arrivals == []


def test_who_left_the_workspace_is_told_so_once_and_nothing_is_asked_for_any_more(
    page: Page, watch: Watch, home: str, workspace: Workspace
) -> None:
    watch.allow("status of 404")
    page.clock.install()
    page.goto(home)
    Membership.objects.filter(workspace=workspace).delete()
    page.clock.run_for(5_000)
    expect(page.locator("#messages")).to_contain_text("This is no longer here")
    expect(page.locator("#stale")).not_to_be_visible()
    before = watch.sent("GET", "/tile/")
    page.clock.run_for(60_000)
    hide(page, hidden=False)
    page.clock.run_for(60_000)
    assert watch.sent("GET", "/tile/") == before


def test_a_hidden_tab_asks_for_nothing_and_a_visible_one_catches_up(
    page: Page, watch: Watch, workspace: Workspace, home: str, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    page.clock.install()
    page.goto(home)
    page.clock.run_for(5_000)
    eventually(lambda: page.evaluate("1") and watch.sent("GET", "/tile/") >= 1)
    hide(page, hidden=True)
    page.clock.run_for(1_000)
    before = watch.sent("GET", "/tile/")
    page.clock.run_for(600_000)
    assert watch.sent("GET", "/tile/") == before
    hide(page, hidden=False)
    eventually(lambda: page.evaluate("1") and watch.sent("GET", "/tile/") > before)


def hide(page: Page, *, hidden: bool) -> None:
    """As the browser does when another tab is looked at."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.mark.parametrize("state", ["not-connected", "failing", "stopped"])
def test_the_tile_weighs_less_than_a_hundred_kilobytes(
    state: str, devices: Devices, owner: User, home: str, workspace: Workspace
) -> None:
    STATES[state](workspace)
    page = devices(owner).new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(home, wait_until="networkidle")
    assert len(answers) > 3
    assert sum(len(answer.body()) for answer in answers if answer.status == 200) < MOST_BYTES


def test_closing_a_dialog_gives_the_focus_back(page: Page, workspace: Workspace, receiver: Receiver) -> None:
    open_connect(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Connect")).to_be_focused()
    connect(workspace, receiver.url)
    page.reload()
    for name in ("Settings", "Disconnect"):
        open_from_menu(page, name)
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).not_to_be_visible()
        expect(page.get_by_role("button", name="Actions")).to_be_focused()


def test_disconnect_asks_first_and_cancel_does_nothing(page: Page, workspace: Workspace, receiver: Receiver) -> None:
    connect(workspace, receiver.url)
    page.reload()
    open_from_menu(page, "Disconnect")
    expect(page.locator("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).not_to_be_visible()
    shows(page, "connected")
    open_from_menu(page, "Disconnect")
    press(page, "Disconnect")
    shows(page, "not_connected")
    assert Connection.objects.get(workspace=workspace).close_reason == "DISCONNECTED"
