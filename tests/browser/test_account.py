"""Signing in and out, tokens, people, the signing secret."""

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from happ_webhooks.history.models import ApiToken, Membership, Workspace
from integrations.signing import signing_secret
from tests.browser.conftest import PASSWORD, Devices
from tests.conftest import connect

TRIES_AT_MOST = 20


def sign_in(page: Page, password: str) -> None:
    page.get_by_label("User name").fill("olena")
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def answer_to(page: Page, question: str, button: str) -> None:
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("heading")).to_have_text(question)
    dialog.get_by_role("button", name=button, exact=True).click()


def test_after_too_many_wrong_passwords_not_even_the_right_one_gets_in(devices: Devices, owner: User) -> None:
    page = devices().new_page()
    page.goto("/login/")
    locked = page.get_by_role("heading", name="Too many tries")
    for _ in range(TRIES_AT_MOST):
        sign_in(page, "wrong")
        if locked.is_visible():
            break
        expect(page.get_by_role("alert")).to_be_focused()
    expect(locked).to_be_visible()
    page.get_by_role("link", name="Back to sign-in").click()
    sign_in(page, PASSWORD)
    expect(locked).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_a_token_is_created_shown_once_used_and_revoked(page: Page, site: str, workspace: Workspace) -> None:
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("CRM")
    page.get_by_label("Connect, change and disconnect the webhook").check()
    page.get_by_role("button", name="Create token").click()
    token = page.locator("#new-token").inner_text()
    assert ApiToken.objects.get(workspace=workspace).hash == ApiToken.digest(token)
    address = f"{site}/api/v1/workspaces/{workspace.pk}/chat-webhook"
    assert requests.get(address, headers={"authorization": f"Bearer {token}"}, timeout=10).status_code == 200

    page.get_by_role("link", name="API tokens").click()
    expect(page.locator("#new-token")).to_have_count(0)
    assert token not in page.content()

    page.get_by_role("link", name="Revoke CRM").click()
    expect(page.locator("dialog").get_by_role("link", name="Cancel")).to_be_focused()
    answer_to(page, "Revoke the token CRM?", "Revoke")
    expect(page.locator("#messages")).to_contain_text("The token CRM is revoked.")
    expect(page.get_by_role("link", name="Revoke CRM")).to_have_count(0)
    assert requests.get(address, headers={"authorization": f"Bearer {token}"}, timeout=10).status_code == 401


def test_a_member_is_added_made_admin_and_removed(page: Page, workspace: Workspace) -> None:
    User.objects.create(username="taras")
    page.get_by_role("link", name="Workspace", exact=True).click()
    page.get_by_label("User name").fill("taras")
    page.get_by_role("button", name="Add member").click()
    members = Membership.objects.filter(workspace=workspace, user__username="taras")
    expect(page.locator("#messages")).to_contain_text("taras is a member now.")
    assert [each.role for each in members] == ["member"]
    page.get_by_role("link", name="Make admin taras").click()
    answer_to(page, "Make taras an admin?", "Make admin")
    expect(page.locator("#messages")).to_contain_text("taras is an admin now.")
    assert [each.role for each in members.all()] == ["admin"]
    page.get_by_role("link", name="Remove taras").click()
    answer_to(page, "Remove taras?", "Remove")
    expect(page.locator("#messages")).to_contain_text("taras is removed from the workspace.")
    assert not members.all().exists()


def test_the_last_admin_stays(page: Page, workspace: Workspace) -> None:
    page.get_by_role("link", name="Workspace", exact=True).click()
    page.get_by_role("link", name="Remove olena").click()
    answer_to(page, "Remove olena?", "Remove")
    expect(page.locator("#messages")).to_contain_text("The last admin stays")
    assert Membership.objects.filter(workspace=workspace, user__username="olena", role="admin").exists()


def test_a_member_sees_the_tile_and_has_nothing_to_change(devices: Devices, workspace: Workspace, home: str) -> None:
    taras = User.objects.create(username="taras")
    Membership.objects.create(workspace=workspace, user=taras, role=Membership.Role.MEMBER)
    page = devices(taras).new_page()
    page.goto(home)
    expect(page.locator("#tile")).to_be_visible()
    expect(page.get_by_role("button", name="Connect")).to_have_count(0)
    expect(page.get_by_role("link", name="API tokens")).to_have_count(0)
    assert Client().get(f"{home}connect/").status_code == 302


def test_the_signing_secret_is_shown_when_asked_for_and_rotated_after_a_question(
    page: Page, home: str, workspace: Workspace
) -> None:
    secret = signing_secret(workspace.pk).signing_secret
    page.goto(f"{home}signing-secret/")
    assert secret not in page.content()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#signing-secret")).to_have_text(secret)
    page.get_by_role("link", name="Rotate").click()
    answer_to(page, "Rotate the signing secret?", "Rotate")
    expect(page.locator("#messages")).to_contain_text("There is a new secret.")
    assert secret not in page.content()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#signing-secret")).to_have_text(signing_secret(workspace.pk).signing_secret)
    assert signing_secret(workspace.pk).signing_secret != secret


def test_the_menu_leads_to_the_signing_secret(page: Page, home: str, site: str, workspace: Workspace) -> None:
    connect(workspace, "https://crm.example/happ")
    page.reload()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Signing secret").click()
    expect(page).to_have_url(f"{site}{home}signing-secret/")
    expect(page.get_by_role("heading", name="Signing secret", level=1)).to_be_visible()
    expect(page.locator("dialog")).not_to_be_visible()


@pytest.mark.parametrize("path", ["tokens/", "workspace/", "signing-secret/", "deliveries/"])
def test_no_page_of_a_workspace_opens_without_signing_in(path: str, devices: Devices, home: str) -> None:
    page = devices().new_page()
    page.goto(f"{home}{path}")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.url.endswith(f"/login/?next={home}{path}")
