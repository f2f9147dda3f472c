"""What a dialog does before anything is sent, and what leads to it."""

import pytest
from playwright.sync_api import Page, expect

from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from tests.browser import states
from tests.browser.test_stories import shows

HINTS = {
    "https://shop.app.n8n.cloud/webhook-test/happ": "This is n8n's test URL",
    "https://hooks.zapier.com/hooks/catch/1/abc": "The URL itself is the secret",
    "https://hook.eu2.make.com/abc": "x-make-apikey",
}


@pytest.fixture
def connecting(page: Page) -> Page:
    """The dialog in which a URL is entered is open."""
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("dialog #url")).to_be_focused()
    return page


def test_hints_about_the_url_come_and_go_while_it_is_typed(connecting: Page) -> None:
    url, hints = connecting.locator("dialog #url"), connecting.locator("dialog [data-hint]:visible")
    expect(hints).to_have_count(0)
    for address, words in HINTS.items():
        url.fill(address[:-2])
        url.press_sequentially(address[-2:])
        expect(hints).to_have_count(1)
        expect(hints).to_contain_text(words)
    url.fill("https://crm.example/happ")
    expect(hints).to_have_count(0)


def test_the_password_is_shown_only_while_its_button_is_pressed(connecting: Page) -> None:
    password, button = connecting.locator("dialog #password"), connecting.get_by_role("button", name="Show password")
    password.fill("s3cret")
    for pressed, kind in (("false", "password"), ("true", "text"), ("false", "password")):
        expect(button).to_have_attribute("aria-pressed", pressed)
        expect(password).to_have_attribute("type", kind)
        button.click()
    expect(password).to_have_value("s3cret")


def test_what_is_typed_as_soon_as_a_dialog_is_there_lands_where_the_cursor_was_put(page: Page) -> None:
    soon = "setTimeout(() => document.getElementById('password').focus())"
    page.evaluate(f"document.addEventListener('htmx:afterSwap', () => {soon}, {{ once: true }})")
    page.evaluate("""() => {
        const settled = (done) => document.addEventListener("htmx:afterSettle", () => setTimeout(done), { once: true });
        window.settled = new Promise(settled);
    }""")
    page.get_by_role("button", name="Connect").click()

    page.evaluate("window.settled")

    expect(page.locator("dialog #password")).to_be_focused()


def test_what_to_do_explains_the_failure_and_leads_on(page: Page, home: str, workspace: Workspace) -> None:
    states.failing(workspace)
    page.goto(home)
    page.get_by_role("link", name="What to do").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("heading")).to_have_text("Wrong password")
    expect(dialog).to_contain_text("Open the tile, paste the right password, save.")
    expect(dialog).to_contain_text("HTTP_401")
    dialog.get_by_role("button", name="Settings").click()
    expect(dialog.get_by_role("heading")).to_have_text("Settings of Chat Webhook")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="What to do")).to_be_focused()


def test_the_second_step_of_the_recovery_disconnects_after_a_question(
    page: Page, home: str, workspace: Workspace
) -> None:
    states.stopped(workspace)
    page.goto(home)
    page.locator("#step-disconnect").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("heading")).to_have_text("Disconnect Chat Webhook?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Disconnect").click()
    shows(page, "not_connected")
    assert Connection.objects.get(workspace=workspace).disconnected_at is not None


def test_the_first_step_of_the_recovery_asks_the_service_itself(page: Page, home: str, workspace: Workspace) -> None:
    states.stopped(workspace)
    page.goto(home)
    page.locator("#step-test").click()
    expect(page.locator("dialog[open] #dialog-title")).to_have_text("Send test event")
    page.keyboard.press("Escape")
    expect(page.locator("#step-test")).to_be_focused()
