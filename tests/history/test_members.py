"""Members read in their browser's session; a session never changes anything without its CSRF token."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from happ_webhooks.history.models import ChatEvent, Membership, Workspace
from tests.api.caller import Caller, answer, event, problem

READABLE = ["/events", "/chat-webhook/deliveries", "/chat-webhook/gaps", "/chat-webhook/stats"]


@pytest.fixture
def person(shop: Workspace) -> User:
    return User.objects.create_user("olena")


def signed_in(person: User, workspace: Workspace) -> Caller:
    caller = Caller(workspace.pk)
    caller.client = Client(enforce_csrf_checks=True)
    caller.client.force_login(person)
    return caller


@pytest.mark.parametrize("role", Membership.Role.values)
@pytest.mark.parametrize("path", READABLE)
def test_members_of_any_role_read(shop: Workspace, person: User, role: str, path: str) -> None:
    Membership.objects.create(workspace=shop, user=person, role=role)
    answer(signed_in(person, shop).get(path))


@pytest.mark.parametrize("path", READABLE)
def test_people_of_elsewhere_find_nothing(shop: Workspace, person: User, path: str) -> None:
    other = Workspace.objects.create(name="Сусіди")
    Membership.objects.create(workspace=other, user=person, role=Membership.Role.ADMIN)
    here, nowhere = signed_in(person, shop).get(path), signed_in(person, Workspace(id="ws_nowhere")).get(path)
    problem(here, 404, "not_found")
    assert here.content == nowhere.content


def test_somebody_who_left_finds_nothing(shop: Workspace, person: User) -> None:
    membership = Membership.objects.create(workspace=shop, user=person)
    caller = signed_in(person, shop)
    answer(caller.get("/events"))
    membership.delete()
    problem(caller.get("/events"), 404, "not_found")


def test_an_account_that_was_closed_must_sign_in(shop: Workspace, person: User) -> None:
    Membership.objects.create(workspace=shop, user=person)
    caller = signed_in(person, shop)
    User.objects.filter(pk=person.pk).update(is_active=False)
    problem(caller.get("/events"), 401, "unauthorized")


def test_a_session_changes_nothing_without_its_csrf_token_and_records_nothing_with_it(
    shop: Workspace, person: User
) -> None:
    Membership.objects.create(workspace=shop, user=person, role=Membership.Role.ADMIN)
    caller = signed_in(person, shop)
    problem(caller.post("/events", event()), 403, "forbidden")
    caller.client.cookies["csrftoken"] = "a" * 32
    caller.client.defaults["HTTP_X_CSRFTOKEN"] = "a" * 32
    problem(caller.post("/events", event()), 403, "forbidden")
    assert not ChatEvent.objects.exists()


def test_a_form_from_a_session_is_not_read(shop: Workspace, person: User) -> None:
    Membership.objects.create(workspace=shop, user=person)
    caller = signed_in(person, shop)
    caller.client.cookies["csrftoken"] = "a" * 32
    problem(caller.post("/events", b"--x", "multipart/form-data"), 415, "unsupported_media_type")
