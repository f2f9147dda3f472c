"""The theme that follows the device is the light one or the dark one, to the last colour."""

from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser import walking
from tests.browser.admin_stops import ADMIN
from tests.browser.conftest import Devices
from tests.browser.stops import STOPS, Stop
from tests.browser.world import Tabs, World, devices, ladder, tabs, world

__all__ = ["devices", "ladder", "tabs", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
# Between them they use every style sheet.
SEEN = ("tile-failing", "connect-wrong", "log-errors-and-figures", "tokens", "docs-signatures")
SEEN_IN_ADMIN = ("admin-dashboard", "admin-integration", "admin-attempts")
CHOSEN = [stop for stop in (*STOPS, *ADMIN) if stop.name in (*SEEN, *SEEN_IN_ADMIN)]
COLOURS = """() => [...document.querySelectorAll("html, body, body *")].map((element) => {
    const { color, backgroundColor, borderColor, outlineColor, fill, stroke, colorScheme } = getComputedStyle(element);
    const seen = [color, backgroundColor, borderColor, outlineColor, fill, stroke, colorScheme];
    return [element.tagName, element.id, ...seen].join(" ");
})"""

Theme = Literal["light", "dark"]
OTHER: dict[Theme, Theme] = {"light": "dark", "dark": "light"}


def colours(page: Page, theme: str, device: Theme) -> list[str]:
    page.emulate_media(color_scheme=device)
    walking.wear(page, theme)
    found: list[str] = page.evaluate(COLOURS)
    return found


@pytest.mark.parametrize("stop", CHOSEN, ids=[stop.name for stop in CHOSEN])
def test_it_has_the_colours_of_the_theme_that_the_device_wants(
    stop: Stop, world: World, devices: Devices, tabs: Tabs
) -> None:
    page = tabs("en")
    world.go(stop, page, devices)
    looks = {theme: colours(page, theme, OTHER[theme]) for theme in OTHER}
    for theme, look in looks.items():
        automatic = colours(page, "auto", theme)
        assert [pair for pair in zip(automatic, look, strict=True) if pair[0] != pair[1]] == []
    assert looks["light"] != looks["dark"]
    assert walking.violations(page) == []
    world.leave(page)
    assert devices.new_faults(stop.meant) == []
