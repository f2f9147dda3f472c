"""Buttons that copy: what is on the clipboard then, and that it is said."""

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from happ_webhooks.history.models import Workspace
from tests.browser import states
from tests.browser.conftest import Devices

ALLOWED = ["clipboard-read", "clipboard-write"]


def copies(page: Page, button: str, source: str, said: str) -> None:
    """The button puts the text of `source` on the clipboard, says so and shows it for a while."""
    page.get_by_role("button", name=button).click()
    expect(page.locator("#announcer")).to_have_text(said)
    expect(page.get_by_role("button", name=button)).to_have_attribute("data-done", "true")
    written = (page.locator(source).text_content() or "").strip()
    assert written
    assert page.evaluate("navigator.clipboard.readText()") == written


@pytest.fixture
def context(page: Page) -> BrowserContext:
    page.context.grant_permissions(ALLOWED)
    return page.context


def test_the_request_of_a_stopped_tile_and_its_reference(
    page: Page, context: BrowserContext, home: str, workspace: Workspace
) -> None:
    states.stopped(workspace)
    page.goto(home)
    copies(page, "Copy API request", "#request", "The API request is copied.")
    copies(page, "Copy the reference", "#reference", "The reference is copied.")


def test_the_whole_url_of_a_tile(page: Page, context: BrowserContext, home: str, workspace: Workspace) -> None:
    states.delivering(workspace)
    page.goto(home)
    copies(page, "Copy the URL", "#url-full", "The URL is copied.")


def test_what_support_tells_a_customer(devices: Devices, workspace: Workspace) -> None:
    states.failing(workspace)
    support = User.objects.create(username="support", is_staff=True, is_superuser=True)
    opened = devices(support, permissions=ALLOWED).new_page()
    opened.goto(f"/admin/integrations/integration/{quote(workspace.pk)}/change/")
    copies(opened, "Copy for the customer", "#letter", "Copied.")


def test_what_may_not_be_copied_is_selected_instead(page: Page, home: str, workspace: Workspace) -> None:
    states.stopped(workspace)
    page.goto(home)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('Not allowed')) }")
    page.get_by_role("button", name="Copy API request").click()
    assert page.evaluate("getSelection().toString().trim()") == page.locator("#request").inner_text().strip()
    expect(page.locator("#announcer")).to_have_text("")
