"""Writes the pictures of tests.browser.screenshots, which starts this."""

import html
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Devices
from tests.browser.screenshots import FOLDER, ONLY, README
from tests.browser.stops import STOPS, Stop
from tests.browser.world import World, devices, ladder, world

__all__ = ["devices", "ladder", "world"]

# What to call it, and how many pixels of it are shown.
IN_README = {
    "tile-delivering": ("connected", 600),
    "tile-failing": ("failing", 760),
    "tile-stopped": ("stopped", 920),
    "log": ("log", 920),
}
pytestmark = pytest.mark.django_db
WIDTHS = (1280, 360)
THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def folder() -> Path:
    chosen = Path(os.environ[FOLDER])
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.skipif(bool(os.environ.get(README)), reason="Only the README's.")
@pytest.mark.parametrize("language", ["uk", "en"])
def test_write_all(language: str, folder: Path, world: World, devices: Devices) -> None:
    page = devices(language=language).new_page()
    for stop in chosen_stops():
        world.go(stop, page, devices)
        for width in WIDTHS:
            for theme in THEMES:
                show(page, width, theme)
                page.screenshot(path=folder / name_of(stop, language, theme, width), full_page=True)
    (folder / "index.html").write_text(index(), encoding="utf-8")


@pytest.mark.skipif(not os.environ.get(README), reason="Not asked for.")
def test_write_those_of_the_readme(folder: Path, world: World, devices: Devices) -> None:
    page = devices().new_page()
    for stop in STOPS:
        if stop.name in IN_README:
            name, height = IN_README[stop.name]
            page.set_viewport_size({"width": 880, "height": height})
            world.go(stop, page, devices)
            page.screenshot(path=folder / f"{name}.png")


def chosen_stops() -> list[Stop]:
    """Those whose name has the part that HAPP_SCREENSHOTS_OF names; else all."""
    return [stop for stop in STOPS if os.environ.get(ONLY, "") in stop.name]


def show(page: Page, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)


def name_of(stop: Stop, language: str, theme: str, width: int) -> str:
    return f"{stop.name}-{language}-{theme}-{width}.png"


def index() -> str:
    """A page that shows them all."""
    rows = []
    for stop in STOPS:
        names = [name_of(stop, lang, theme, width) for lang in ("uk", "en") for theme in THEMES for width in WIDTHS]
        pictures = "".join(f'<a href="{name}"><img src="{name}" alt="{name}" height="420"></a>' for name in names)
        rows.append(f"<h2>{html.escape(stop.name)}</h2><p>{pictures}</p>")
    return f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>{"".join(rows)}</html>'
