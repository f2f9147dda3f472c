"""The log's figures and an open delivery follow what happens, and leave alone what somebody reads."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from deliveries.models import Delivery
from happ_webhooks.history.models import Workspace
from tests.browser import states
from tests.browser.watch import Watch
from tests.conftest import connect, record
from tests.processes import eventually

FIGURES_MS = 8_000
TRUTH_MS = 3_000


@pytest.fixture
def log(page: Page, home: str, workspace: Workspace) -> Page:
    states.failing(workspace)
    page.goto(f"{home}deliveries/")
    return page


def test_the_figures_follow_and_what_is_unfolded_stays_so(log: Page, workspace: Workspace) -> None:
    retrying = log.locator("#figure-retrying")
    before = int(retrying.inner_text())
    log.locator("#tries-summary").click()
    table = log.locator("#tries-rows")
    table.evaluate("element => element.scrollTo({ top: 60 })")
    log.locator("#window-24h").focus()
    record(workspace, "chat_new")
    Delivery.objects.filter(chat_id="chat_new").update(attempts=1, next_attempt_at=timezone.now() + timedelta(hours=1))
    expect(retrying).to_have_text(str(before + 1), timeout=FIGURES_MS)
    expect(log.locator("#tries-twin")).to_have_attribute("open", "")
    expect(log.locator("#window-24h")).to_be_focused()
    assert table.evaluate("element => element.scrollTop") == 60


def test_a_pause_holds_the_figures_as_well(page: Page, watch: Watch, home: str, workspace: Workspace) -> None:
    states.failing(workspace)
    page.clock.install()
    page.goto(f"{home}deliveries/")
    page.get_by_role("button", name="Pause updates").click()
    page.clock.run_for(30_000)
    assert watch.sent("GET", "/figures/") == 0
    page.get_by_role("button", name="Resume updates").click()
    page.clock.run_for(30_000)
    eventually(lambda: watch.sent("GET", "/figures/") > 0)


def test_a_waiting_delivery_follows_until_it_is_settled(page: Page, home: str, workspace: Workspace) -> None:
    connect(workspace, "https://shop.example/happ")
    [accepted] = record(workspace, "chat_1")
    page.goto(f"{home}deliveries/{accepted.id}/")
    expect(page.locator("#delivery")).to_have_attribute("data-status", "pending")
    Delivery.objects.update(status="delivered", attempts=1, settled_at=timezone.now())
    expect(page.locator("#delivery")).to_have_attribute("data-status", "delivered", timeout=TRUTH_MS)
    expect(page.locator("#announcer")).to_have_text("Delivery: Delivered")
    expect(page.locator("#delivery-now")).not_to_have_attribute("data-live", "2000")


def test_what_was_copied_shows_a_mark(page: Page, home: str, workspace: Workspace) -> None:
    connect(workspace, "https://shop.example/happ")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(home)
    button = page.locator("#copy-url-full")
    button.click()
    expect(button).to_have_attribute("data-done", "true")
    assert button.evaluate("element => getComputedStyle(element, '::before').content") == '"✓"'
    expect(button.locator("svg")).to_be_hidden()
