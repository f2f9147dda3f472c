"""The two ways to work a page: with a mouse, and with nothing but keys."""

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

TABS_AT_MOST = 80


class Hands(Protocol):
    """Names are those people read. While a dialog is open, only what is in it can be reached."""

    def press(self, page: Page, name: str) -> None:
        """A button or a link."""

    def choose(self, page: Page, name: str) -> None:
        """An entry of the tile's menu."""

    def type(self, page: Page, label: str, text: str) -> None:
        """Into a field, instead of what is there."""


def in_reach(page: Page) -> Locator:
    return page.locator("dialog[open], body:not(:has(dialog[open]))")


def named(page: Page, name: str) -> Locator:
    reach = in_reach(page)
    return reach.get_by_role("button", name=name, exact=True).or_(reach.get_by_role("link", name=name, exact=True))


class Mouse:
    def press(self, page: Page, name: str) -> None:
        named(page, name).first.click()

    def choose(self, page: Page, name: str) -> None:
        page.get_by_role("button", name="Actions").click()
        page.get_by_role("menuitem", name=name).click()

    def type(self, page: Page, label: str, text: str) -> None:
        in_reach(page).get_by_label(label).first.fill(text)


class Keyboard:
    def press(self, page: Page, name: str) -> None:
        self._go_to(page, named(page, name))
        page.keyboard.press("Enter")

    def choose(self, page: Page, name: str) -> None:
        self._go_to(page, page.get_by_role("button", name="Actions"))
        page.keyboard.press("Enter")
        wanted = page.get_by_role("menuitem", name=name)
        expect(wanted).to_be_visible()
        for _ in range(page.get_by_role("menuitem").count()):
            if has_focus(page, wanted):
                page.keyboard.press("Enter")
                return
            page.keyboard.press("ArrowDown")
        raise AssertionError(f"The arrow keys do not lead to {name}.")

    def type(self, page: Page, label: str, text: str) -> None:
        self._go_to(page, in_reach(page).get_by_label(label))
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.insert_text(text)

    def _go_to(self, page: Page, wanted: Locator) -> None:
        expect(wanted.first).to_be_visible()
        for _ in range(TABS_AT_MOST):
            if has_focus(page, wanted):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"The Tab key does not lead to {wanted}.")


def has_focus(page: Page, wanted: Locator) -> bool:
    return wanted.and_(page.locator(":focus")).count() > 0


HANDS = (Mouse(), Keyboard())
HAND_NAMES = ("mouse", "keyboard")
