"""Signing in, language and theme."""

import re

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from happ_webhooks.history.models import Workspace
from tests.browser.conftest import PASSWORD, Devices


def test_the_owner_signs_in_and_lands_on_the_tile(
    devices: Devices, owner: User, workspace: Workspace, site: str
) -> None:
    page = devices().new_page()
    page.goto("/")
    page.get_by_label("User name").fill("olena")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/integrations/{workspace.pk}/")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login/"))


def test_the_language_and_the_theme_stay_chosen(page: Page) -> None:
    page.get_by_role("button", name="Українська").click()
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    page.get_by_role("button", name="Темна").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
