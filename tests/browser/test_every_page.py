"""Every page in every state, language and theme, wide and narrow: accessible, and never wider than the screen."""

import pytest
from playwright.sync_api import Page

from tests.browser import walking
from tests.browser.conftest import Devices
from tests.browser.stops import STOPS, Stop
from tests.browser.world import World, devices, ladder, world

__all__ = ["devices", "ladder", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def pages(devices: Devices) -> dict[str, Page]:
    """One in each language, used for every stop."""
    opened = {language: devices(language=language).new_page() for language in ("uk", "en")}
    for page in opened.values():
        walking.prepare(page)
    for watch in devices.watches:
        watch.allow("status of 404")
    return opened


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("stop", STOPS, ids=[stop.name for stop in STOPS])
def test_it_is_accessible_and_fits(
    stop: Stop, language: str, world: World, devices: Devices, pages: dict[str, Page]
) -> None:
    page = pages[language]
    world.go(stop, page, devices)
    assert page.locator("html").get_attribute("lang") == language
    assert [*walking.look(page), *devices.new_faults()] == []
