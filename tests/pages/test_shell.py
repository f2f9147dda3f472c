"""What stands around every page, and who gets in."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from happ_webhooks.history.models import Membership, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Workspace:
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def olena(shop: Workspace) -> User:
    user = User.objects.create_user("olena")
    Membership.objects.create(workspace=shop, user=user, role=Membership.Role.ADMIN)
    return user


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(client: Client, shop: Workspace) -> None:
    answer = client.get(f"/integrations/{shop.pk}/")
    assert (answer.status_code, answer["location"]) == (302, f"/login/?next=/integrations/{shop.pk}/")


def test_a_script_whose_sign_in_ran_out_gets_a_line_and_no_page(client: Client, shop: Workspace) -> None:
    answer = client.get(f"/integrations/{shop.pk}/", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert "<html" not in answer.content.decode()


def test_a_workspace_of_others_does_not_show_that_it_exists(client: Client, olena: User) -> None:
    client.force_login(olena)
    other = Workspace.objects.create(name="Квіти")
    theirs = client.get(f"/integrations/{other.pk}/")
    nobodys = client.get("/integrations/ws_nobodys/")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert without_forms(theirs.content.decode()) == without_forms(nobodys.content.decode())


def without_forms(page: str) -> str:
    return re.sub("<form.*?</form>", "", page, flags=re.DOTALL)


def test_the_way_in_leads_to_the_workspace_seen_last(client: Client, olena: User, shop: Workspace) -> None:
    second = Workspace.objects.create(name="Аптека")
    Membership.objects.create(workspace=second, user=olena)
    client.force_login(olena)
    assert client.get("/integrations/")["location"] == f"/integrations/{shop.pk}/"
    client.get(f"/integrations/{second.pk}/")
    assert client.get("/integrations/")["location"] == f"/integrations/{second.pk}/"


def test_whoever_belongs_nowhere_is_told_so(client: Client) -> None:
    client.force_login(User.objects.create_user("lost"))
    answer = client.get("/integrations/", headers={"accept-language": "uk"})
    assert answer.status_code == 200
    assert "робочого простору" in answer.content.decode()


def test_nothing_inline_and_nothing_from_elsewhere_may_run(client: Client) -> None:
    policy = client.get("/login/")["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_theme_is_kept_and_leads_back_within_the_site_only(client: Client) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": "/login/"})
    assert answer["location"] == "/login/"
    assert 'data-theme="dark"' in client.get("/login/").content.decode()
    assert client.post("/theme/", {"theme": "pink", "next": "https://evil.example/"})["location"] == "/"
    assert 'data-theme="dark"' in client.get("/login/").content.decode()


def test_errors_are_pages_for_people_and_documents_for_programs(client: Client) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert client.get("/nothing", headers=browser)["content-type"] == "text/html; charset=utf-8"
    assert client.get("/nothing")["content-type"] == "application/problem+json"
    assert client.get("/api/nothing", headers=browser)["content-type"] == "application/problem+json"
    assert client.get("/api/nothing")["content-type"] == "application/problem+json"
