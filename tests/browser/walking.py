"""What is looked at on every page: axe's rules, and that nothing needs sideways scrolling."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

THEMES = ("light", "dark")
DESK, PHONE, ZOOMED = 1280, 360, 640

# The rows of a table are made alike, and to judge the colours of fifty takes seconds. Swagger's part of the page of
# the API's documentation is Swagger's: its pale badges and the buttons within its buttons.
EXCLUDED = ["tbody tr:nth-child(n+13)", "#swagger-ui"]
# What it would load beforehand are style sheets, into elements that the content security policy refuses.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
VIOLATIONS = """([exclude, options]) => axe.run({exclude}, options).then((found) =>
    found.violations.flatMap((rule) =>
        rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`)))"""
BEYOND_THE_EDGE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")].filter((element) =>
        element.getBoundingClientRect().right > width + 1).map((element) =>
        `${element.tagName} .${element.className} #${element.id} ends at ${element.getBoundingClientRect().right}`);
}"""


def look(page: Page) -> list[str]:
    """Everything that is wrong with what the page shows now, in both themes, wide and narrow."""
    found = []
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 800})
        for theme in THEMES:
            wear(page, theme)
            found += [f"{width} px, {theme}: {wrong}" for wrong in violations(page)]
    for width in (PHONE, ZOOMED, DESK):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} px scrolls sideways: {wrong}" for wrong in page.evaluate(BEYOND_THE_EDGE)]
    return found


def wear(page: Page, theme: str) -> None:
    """At once: colours that fade would be looked at half-way."""
    page.evaluate(
        """theme => {
            document.documentElement.dataset.theme = theme;
            const fading = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
            fading.forEach((transition) => transition.finish());
        }""",
        theme,
    )


def violations(page: Page) -> list[str]:
    """What axe says of the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(VIOLATIONS, [EXCLUDED, OPTIONS])
    return found
