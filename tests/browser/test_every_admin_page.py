"""Every page of the admin, light and dark, wide and narrow: accessible, and never wider than the screen."""

import pytest

from tests.browser import walking
from tests.browser.admin_stops import ADMIN
from tests.browser.conftest import Devices
from tests.browser.stops import Stop
from tests.browser.world import Tabs, World, devices, ladder, tabs, world

__all__ = ["devices", "ladder", "tabs", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.mark.parametrize("stop", ADMIN, ids=[stop.name for stop in ADMIN])
def test_it_is_accessible_and_fits(stop: Stop, world: World, devices: Devices, tabs: Tabs) -> None:
    page = tabs("en")
    world.go(stop, page, devices)
    assert page.locator("html").get_attribute("lang") == "en"
    found = walking.look(page)
    world.leave(page)
    assert [*found, *devices.new_faults(stop.meant)] == []
