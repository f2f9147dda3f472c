"""What is looked at on every page: axe's rules, and that nothing needs sideways scrolling."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

THEMES = ("light", "dark")
DESK, PHONE, ZOOMED = 1280, 360, 640

# Only colours depend on the theme: the dark one is looked at for these alone.
RULES = {"light": None, "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
VIOLATIONS = """(runOnly) => axe.run({resultTypes: ["violations"], ...(runOnly && {runOnly})}).then((found) =>
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
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            found += [f"{width} px, {theme}: {wrong}" for wrong in page.evaluate(VIOLATIONS, RULES[theme])]
    for width in (PHONE, ZOOMED, DESK):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} px scrolls sideways: {wrong}" for wrong in page.evaluate(BEYOND_THE_EDGE)]
    return found


def prepare(page: Page) -> None:
    page.add_init_script(AXE_SCRIPT)
