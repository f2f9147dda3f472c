"""Writes the pictures of tests.browser.screenshots, which starts this."""

import html
import os
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Page

from tests.browser.admin_stops import ADMIN
from tests.browser.conftest import Devices
from tests.browser.screenshots import FOLDER, ONLY, README
from tests.browser.stops import BOTH, STOPS, Stop
from tests.browser.walking import wear
from tests.browser.world import Tabs, World, devices, ladder, tabs, world

__all__ = ["devices", "ladder", "tabs", "world"]

ALL = [*STOPS, *ADMIN]
# What to call it, how wide it is, and how far below of what it ends: it cuts nothing in two.
IN_README = {
    "tile-delivering": ("connected", 880, "#tile", 20),
    "tile-failing": ("failing", 880, "#tile", 20),
    "tile-stopped": ("stopped", 880, "#tile", 20),
    "log": ("log", 1280, "#deliveries tbody tr:nth-child(4)", 0),
}
pytestmark = pytest.mark.django_db
WIDTHS, HEIGHT = (1280, 360), 800
THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def folder() -> Path:
    chosen = Path(os.environ[FOLDER])
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.skipif(bool(os.environ.get(README)), reason="Only the README's.")
@pytest.mark.parametrize("language", BOTH)
def test_write_all(language: str, folder: Path, world: World, devices: Devices, tabs: Tabs) -> None:
    for stop in chosen_stops():
        if language in stop.languages:
            page = tabs(language)
            world.go(stop, page, devices)
            for width, theme in product(WIDTHS, THEMES):
                show(page, width, theme)
                page.screenshot(path=folder / name_of(stop, language, theme, width), full_page=not has_dialog(page))
    (folder / "index.html").write_text(index(), encoding="utf-8")


@pytest.mark.skipif(not os.environ.get(README), reason="Not asked for.")
def test_write_those_of_the_readme(folder: Path, world: World, devices: Devices) -> None:
    page = devices().new_page()
    for stop in STOPS:
        if stop.name in IN_README:
            name, width, last, below = IN_README[stop.name]
            page.set_viewport_size({"width": width, "height": HEIGHT})
            world.go(stop, page, devices)
            page.screenshot(path=folder / f"{name}.png", full_page=True, clip=down_to(page, width, last, below))


def down_to(page: Page, width: int, selector: str, below: int) -> FloatRect:
    """The page from its top to so far below this element."""
    box = page.locator(selector).bounding_box()
    assert box
    return {"x": 0, "y": 0, "width": width, "height": box["y"] + box["height"] + below}


def chosen_stops() -> list[Stop]:
    """Those whose name has the part that HAPP_SCREENSHOTS_OF names; else all."""
    return [stop for stop in ALL if os.environ.get(ONLY, "") in stop.name]


def show(page: Page, width: int, theme: str) -> None:
    """A dialog is as high as the window at most: the window is made as high as what is in it."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    wear(page, theme)
    if has_dialog(page):
        inside = page.locator("dialog[open]").evaluate("dialog => dialog.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(HEIGHT, inside + 120)})


def has_dialog(page: Page) -> bool:
    return page.locator("dialog[open]").count() > 0


def name_of(stop: Stop, language: str, theme: str, width: int) -> str:
    return f"{stop.name}-{language}-{theme}-{width}.png"


def index() -> str:
    """A page that shows them all."""
    rows = []
    for stop in ALL:
        names = [name_of(stop, *each) for each in product(stop.languages, THEMES, WIDTHS)]
        pictures = "".join(f'<a href="{name}"><img src="{name}" alt="{name}" height="420"></a>' for name in names)
        rows.append(f"<h2>{html.escape(stop.name)}</h2><p>{pictures}</p>")
    return f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>{"".join(rows)}</html>'
