"""Where the walk past every page stops: a state, a page, and what is done there before it is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.states import STATES


@dataclass(frozen=True)
class Stop:
    """`path` goes on after the tile's path; one with a slash in front is the site's. `who` is owner, member or None.

    `act` goes by no words, so that it works in every language.
    """

    name: str
    state: str = "delivering"
    path: str = ""
    act: Callable[[Page], object] | None = None
    who: str | None = "owner"


def click(*selectors: str) -> Callable[[Page], None]:
    """Clicks one after the other, and waits until the page came to rest."""

    def act(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()
            page.wait_for_load_state("networkidle")

    return act


def fill(values: dict[str, str], then: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for selector, value in values.items():
            page.locator(selector).fill(value)
        page.locator(then).first.click()
        page.wait_for_load_state("networkidle")

    return act


def from_menu(path: str) -> Callable[[Page], None]:
    """Opens a dialog from the tile's menu."""

    def act(page: Page) -> None:
        page.locator("#tile-menu-button").click()
        page.locator(f"#tile-menu [href$='/{path}/']").click()
        page.locator("#dialog[open] #dialog-title").wait_for()

    return act


def connect_to_nobody(page: Page) -> None:
    """A URL that nobody listens at: the check is shown with what failed."""
    page.locator("#connect").click()
    fill({"dialog #url": "http://127.0.0.1:9/happ"}, "dialog .button.primary")(page)
    page.locator("#summary").wait_for()


def open_all(page: Page) -> None:
    """Unfolds what is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")


TILES = [Stop(f"tile-{state}", state) for state in STATES]
DIALOGS = [
    Stop("tile-menu", act=click("#tile-menu-button")),
    Stop("connect", "not-connected", act=click("#connect")),
    Stop("connect-wrong", "not-connected", act=click("#connect", "dialog .button.primary")),
    Stop("connect-refused", "not-connected", act=connect_to_nobody),
    Stop("connect-alone", "not-connected", "connect/", act=click("details.way summary")),
    Stop("settings", act=from_menu("settings")),
    Stop("settings-alone", path="settings/"),
    Stop("test-event", act=from_menu("test")),
    Stop("disconnect", "failing", act=from_menu("disconnect")),
    Stop("disconnect-alone", "failing", path="disconnect/"),
    Stop("explanation", path="errors/HTTP_401/"),
]
ACCOUNT = [
    Stop("tokens", path="tokens/"),
    Stop("tokens-none", "not-connected", path="tokens/"),
    Stop("tokens-wrong", "not-connected", path="tokens/", act=click("main form .button.primary")),
    Stop("token-revoke", path="tokens/", act=click("[href$='/revoke/']")),
    Stop("workspace", path="workspace/"),
    Stop("workspace-seen-by-member", path="workspace/", who="member"),
    Stop("tile-seen-by-member", who="member"),
    Stop("tile-not-connected-seen-by-member", "not-connected", who="member"),
    Stop("member-remove", path="workspace/", act=click("[href$='/remove/']")),
    Stop("signing-secret", path="signing-secret/"),
    Stop("signing-secret-shown", path="signing-secret/", act=click("main form .button.primary")),
    Stop("signing-secret-rotate", path="signing-secret/", act=click("[href$='/rotate/']")),
]
LOG = [
    Stop("log", "failing", path="deliveries/"),
    Stop("log-empty", "nothing-yet", path="deliveries/"),
    Stop("log-nothing-matches", path="deliveries/?chat_id=nobody"),
    Stop("log-wrong-filter", path="deliveries/?period=own&since=2026-05-25T14:30&until=2026-05-24T14:30"),
    Stop("log-errors-and-figures", path="deliveries/?window=7d", act=open_all),
    Stop("log-older", path="deliveries/", act=click("#older")),
    Stop("log-long-words", "long-words", path="deliveries/"),
    Stop("delivery", path="deliveries/", act=click("#deliveries a.code")),
    Stop("delivery-dropped", path="deliveries/?status=dropped", act=click("#deliveries a.code")),
    Stop(
        "delivery-failing", "failing", path="deliveries/?status=pending&error=HTTP_401", act=click("#deliveries a.code")
    ),
]
SHELL = [
    Stop("sign-in", path="/login/", who=None),
    Stop(
        "sign-in-refused",
        path="/login/",
        who=None,
        act=fill({"#id_username": "nobody", "#id_password": "wrong"}, "main form [type=submit]"),
    ),
    Stop("not-found", path="/integrations/ws_nobodys/"),
    Stop("not-allowed", path="tokens/", who="member"),
]
STOPS: Sequence[Stop] = [*TILES, *DIALOGS, *LOG, *ACCOUNT, *SHELL]
