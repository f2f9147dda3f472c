"""The delivery log: filters, pages, live rows, and the file."""

import csv
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from deliveries.models import Delivery
from happ_webhooks.history.models import Workspace
from tests.browser import states
from tests.browser.watch import Watch
from tests.conftest import connect, record, visit
from tests.processes import eventually
from tests.receiver import Receiver

TRUTH_MS = 3_000
ROWS = "#deliveries tbody tr"


@pytest.fixture
def log(page: Page, home: str, workspace: Workspace) -> Page:
    """The log of a workspace with a day of deliveries."""
    states.failing(workspace)
    page.goto(f"{home}deliveries/")
    return page


def ids(page: Page) -> list[str]:
    return [row.get_attribute("data-event-id") or "" for row in page.locator(ROWS).all()]


def newest_first(workspace: Workspace, **narrowed: object) -> list[str]:
    found = Delivery.objects.filter(workspace=workspace, **narrowed).order_by("-sequence")
    return list(found.values_list("pk", flat=True))


def test_filters_stand_in_the_address_and_hold_over_a_reload(log: Page, workspace: Workspace) -> None:
    log.get_by_label("Result").select_option("dropped")
    log.locator("#filters").get_by_role("button", name="Show").click()
    expect(log.locator(ROWS)).to_have_count(1)
    assert "status=dropped" in log.url
    assert ids(log) == newest_first(workspace, status="dropped")
    log.reload()
    assert ids(log) == newest_first(workspace, status="dropped")
    expect(log.get_by_label("Result")).to_have_value("dropped")
    log.locator("#filters").get_by_role("link", name="Clear filters").click()
    expect(log.locator(ROWS)).not_to_have_count(1)


def test_filters_that_nothing_matches_say_so_and_lead_out(log: Page) -> None:
    log.goto(f"{log.url}?chat_id=nobody")
    expect(log.get_by_text("Nothing matches.")).to_be_visible()
    log.locator("#log-rows").get_by_role("link", name="Clear filters").click()
    expect(log.locator(ROWS).first).to_be_visible()


def test_older_and_newer_lead_through_every_delivery_once(log: Page, workspace: Workspace) -> None:
    pages = [ids(log)]
    while log.get_by_role("link", name="Older").count():
        follow(log, "Older")
        pages.append(ids(log))
    assert len(pages) == 3
    assert [each for page in pages for each in page] == newest_first(workspace)
    for page in reversed(pages[:-1]):
        follow(log, "Newer")
        assert ids(log) == page


def follow(page: Page, name: str) -> None:
    """To the end of the next page: its rows come before its end."""
    with page.expect_navigation():
        page.get_by_role("link", name=name).click()


def test_new_deliveries_come_by_themselves_unless_updates_are_paused(
    page: Page, watch: Watch, home: str, workspace: Workspace, receiver: Receiver
) -> None:
    connection = connect(workspace, receiver.url)
    page.goto(f"{home}deliveries/")
    record(workspace, "chat_1")
    visit(connection)
    expect(page.locator(ROWS)).to_have_count(1, timeout=TRUTH_MS)
    expect(page.locator(ROWS)).to_have_attribute("data-status", "delivered", timeout=TRUTH_MS)

    page.get_by_role("button", name="Pause updates").click()
    # A fetch that was under way may still come in.
    page.wait_for_load_state("networkidle")
    before = watch.sent("GET", "/rows/")
    record(workspace, "chat_1")
    page.clock.install()
    page.clock.run_for(30_000)
    assert watch.sent("GET", "/rows/") == before
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("button", name="Resume updates").click()
    page.clock.run_for(30_000)
    eventually(lambda: page.locator(ROWS).count() == 2)


def test_each_new_delivery_is_said_though_the_words_are_the_same(page: Page, home: str, workspace: Workspace) -> None:
    connect(workspace, "https://shop.example/happ")
    page.goto(f"{home}deliveries/")
    page.evaluate(
        """() => {
            window.said = [];
            const announcer = document.getElementById("announcer");
            new MutationObserver(() => said.push(announcer.textContent.trim())).observe(announcer, {childList: true});
        }"""
    )
    for count in (1, 2):
        record(workspace, "chat_1")
        expect(page.locator(ROWS)).to_have_count(count, timeout=TRUTH_MS)
        eventually(partial(has_said, page, ["1 new delivery"] * count))


def has_said(page: Page, words: list[str]) -> bool:
    return bool(page.evaluate("said") == words)


def test_a_delivery_opens_to_its_tries_and_back_leads_to_the_same_rows(log: Page, workspace: Workspace) -> None:
    dropped = Delivery.objects.get(workspace=workspace, status="dropped")
    log.goto(f"{log.url}?status=dropped")
    log.get_by_role("link", name=dropped.pk).click()
    expect(log.locator("#attempts > li")).to_have_count(dropped.attempts)
    expect(log.locator("#delivery")).to_contain_text("MAX_RETRIES_EXCEEDED")
    log.go_back()
    assert ids(log) == [dropped.pk]


def test_the_file_holds_what_the_filters_show_and_no_content(log: Page, workspace: Workspace, tmp_path: Path) -> None:
    log.goto(f"{log.url}?status=dropped")
    with log.expect_download() as downloading:
        log.get_by_role("link", name="Download CSV").click()
    file = tmp_path / "deliveries.csv"
    downloading.value.save_as(file)
    text = file.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["event_id"] for row in rows] == newest_first(workspace, status="dropped")
    assert "Доброго дня" not in text


def test_the_log_shows_no_word_of_a_message(log: Page) -> None:
    assert "Доброго дня" not in log.content()
    assert "Олена" not in log.content()


def test_the_link_of_the_tile_shows_what_is_missing(page: Page, home: str, workspace: Workspace) -> None:
    states.stopped(workspace)
    page.goto(home)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Dropped deliveries (.csv)").click()
    lines = Path(downloading.value.path()).read_text(encoding="utf-8-sig").splitlines()
    # The head, the three that waited, and the one dropped before.
    assert len(lines) == 1 + 3 + 1
