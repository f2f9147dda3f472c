"""Every page in every state, language and theme, wide and narrow: accessible, and never wider than the screen."""

import pytest

from tests.browser import walking
from tests.browser.conftest import Devices
from tests.browser.stops import STOPS, Stop
from tests.browser.world import Tabs, World, devices, ladder, tabs, world

__all__ = ["devices", "ladder", "tabs", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
WALK = [(stop, language) for stop in STOPS for language in stop.languages]


@pytest.mark.parametrize(("stop", "language"), WALK, ids=[f"{stop.name}-{language}" for stop, language in WALK])
def test_it_is_accessible_and_fits(stop: Stop, language: str, world: World, devices: Devices, tabs: Tabs) -> None:
    page = tabs(language)
    world.go(stop, page, devices)
    assert page.locator("html").get_attribute("lang") == language
    found = walking.look(page)
    world.leave(page)
    assert [*found, *devices.new_faults(stop.meant)] == []
