"""The page of the status in a real browser, as things stand well and badly, wide and narrow, light and dark."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Browser, Page, expect

from deliveries import heartbeats
from deliveries.models import Heartbeat
from happ_webhooks.history.models import Workspace
from tests.browser import walking
from tests.browser.conftest import Devices
from tests.conftest import connect, record
from tests.processes import Processes, eventually

pytestmark = pytest.mark.timeout(300)


class WithoutDatabase(Processes):
    """Nothing listens where these look for it."""

    def _database(self) -> str:
        return "postgres://happ:happ@127.0.0.1:1/happ"

    def _end_sessions(self) -> None:
        """It has none."""


@pytest.fixture
def without_database(tmp_path: Path, browser: Browser, transactional_db: None) -> Iterator[Devices]:
    processes = WithoutDatabase(tmp_path)
    processes.start("web")
    devices = Devices(browser, processes.site)
    yield devices
    devices.close()
    processes.close()


def all_at_work() -> None:
    heartbeats.note("worker@a 1", ["control", "fresh"])
    heartbeats.note("troubled@a 2", ["control", "troubled"])
    heartbeats.note(heartbeats.BEAT)


def test_it_says_that_all_is_well(devices: Devices) -> None:
    all_at_work()
    page = devices().new_page()
    page.goto("/status")
    expect(page.locator("h1")).to_have_text("Events would flow: all is well, and none came in for 5 minutes.")
    assert page.locator(".pill.warn, .pill.bad").count() == 0
    assert walking.look(page) == []


def test_it_says_that_no_worker_is_there_until_one_is(devices: Devices, workspace: Workspace) -> None:
    connect(workspace, "https://crm.example.com/happ")
    record(workspace, "chat_1")
    all_at_work()
    Heartbeat.objects.exclude(pk=heartbeats.BEAT).update(seen_at=Now() - timedelta(minutes=5))
    page = devices().new_page()
    page.goto("/status")
    expect(page.locator("h1")).to_have_text("Nothing is sent: no worker has been heard for 5 min.")
    expect(page.locator("li", has_text="Queue fresh")).to_contain_text("docs/ops/alerts/HappNoWorker.md")
    assert walking.look(page) == []

    eventually(lambda: looks_again(page).startswith("Events are flowing"))


def looks_again(page: Page) -> str:
    """At the page as it is with all at work."""
    all_at_work()
    page.get_by_role("link", name="Look again").click()
    return page.locator("h1").inner_text()


def test_it_says_that_the_database_is_away(without_database: Devices) -> None:
    page = without_database().new_page()
    page.goto("/status")
    expect(page.locator("h1")).to_have_text("Nothing is taken in or sent: the database does not answer.")
    assert walking.look(page) == []
    assert without_database.new_faults() == []
