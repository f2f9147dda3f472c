"""What is done on a page before it is looked at. All of it goes by no words, so that it works in every language."""

from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils.translation import override
from playwright.sync_api import Page, Route

Step = Callable[[Page], object]
NOBODY = "http://127.0.0.1:9/happ"
ELSEWHERE = "https://crm.kvity.example/happ"
SUBMIT = "main form [type=submit]"
IN_DIALOG = "dialog .button.primary"


def first(*steps: Step) -> Step:
    """One after the other."""

    def act(page: Page) -> None:
        for step in steps:
            step(page)

    return act


def click(selector: str) -> Step:
    return lambda page: page.locator(selector).first.click()


def see(selector: str) -> Step:
    """Waits until it is there."""
    return lambda page: page.locator(selector).first.wait_for()


def follow(selector: str) -> Step:
    """Clicks, and waits for the page that this leads to."""

    def act(page: Page) -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()

    return act


def go(selector: str) -> Step:
    """Where a link leads without scripts, which would show it in a dialog."""

    def act(page: Page) -> None:
        address = page.locator(selector).first.get_attribute("href")
        assert address
        page.goto(address)

    return act


def fill(values: dict[str, str]) -> Step:
    def act(page: Page) -> None:
        for selector, value in values.items():
            page.locator(selector).fill(value)

    return act


def dialog(selector: str) -> Step:
    """Opens one."""
    return first(click(selector), see("#dialog[open] #dialog-title"))


def from_menu(path: str) -> Step:
    """Opens a dialog from the tile's menu."""
    return first(click("#tile-menu-button"), dialog(f"#tile-menu [href$='/{path}/']"))


def send(kind: str) -> Step:
    """A test event, to its answer."""
    chosen: Step = lambda page: page.locator("#test-type").select_option(kind)  # noqa: E731 - a step like the others
    return first(from_menu("test"), chosen, click(IN_DIALOG), see("#dialog #result"))


def hang(page: Page) -> None:
    """Whatever is sent from now on is never answered."""
    page.route("**/*", keep_waiting)


def keep_waiting(route: Route) -> None:
    if route.request.method != "POST":
        route.fallback()


def break_down(page: Page) -> None:
    """The tile cannot be refreshed any more, and tries to."""
    page.route("**/tile/", lambda route: route.fulfill(status=503))
    refresh(page)


def refresh(page: Page) -> None:
    """At once, not when it is time."""
    page.evaluate("htmx.trigger('#tile', 'live')")


def forget(cookie: str) -> Step:
    """The browser loses it."""
    return lambda page: page.context.clear_cookies(name=cookie)


def change_behind_the_form(page: Page) -> None:
    """As if somebody else had saved since the form was opened."""
    page.locator("dialog [name=version]").evaluate("field => { field.value = 'another' }")


def fail(page: Page) -> None:
    """The page of our own fault, which no page of ours brings about."""
    with override(page.locator("html").get_attribute("lang")):
        body = render_to_string("pages/errors/500.html")
    page.route("**/broken/", lambda route: route.fulfill(status=500, content_type="text/html", body=body))
    page.goto("/broken/")


def open_all(page: Page) -> None:
    """Unfolds what is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true })")


def without_scripts(page: Page) -> None:
    """What a browser shows that runs none; axe, a script itself, could not look at it there."""
    page.evaluate(
        """() => {
            document.querySelectorAll(".needs-script").forEach((each) => { each.style.display = "none" });
            document.querySelectorAll("noscript").forEach((each) => {
                const shown = document.createElement("div");
                shown.innerHTML = each.textContent;
                shown.style.marginInlineStart = getComputedStyle(each).marginInlineStart;
                each.replaceWith(shown);
            });
        }"""
    )
