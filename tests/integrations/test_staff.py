"""HAPP's own people at the door: short sign-ins, and an entry of the audit log for each and for a lock-out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from happ_webhooks.history.models import AuditEntry

pytestmark = pytest.mark.django_db

PASSWORD = "a long password of a test"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def petro() -> User:
    return User.objects.create_user("petro", password=PASSWORD, is_staff=True)


def enter(client: Client, name: str, password: str = PASSWORD, door: str = "/admin/login/") -> Any:
    return client.post(door, {"username": name, "password": password, "next": "/admin/"})


def told() -> list[tuple[Any, ...]]:
    found = AuditEntry.objects.order_by("pk")
    return list(found.values_list("act", "door", "actor_kind", "actor_id", "actor_name", "address", "facts"))


@pytest.mark.parametrize(("door", "name"), [("/admin/login/", "admin"), ("/login/", "page")])
def test_a_sign_in_of_staff_is_told_whichever_door_it_takes(client: Client, petro: User, door: str, name: str) -> None:
    assert enter(client, "petro", "wrong", door).status_code in {200, 422}
    assert enter(client, "petro", door=door).status_code == 302
    assert told() == [("staff_signed_in", name, "user", petro.pk, "petro", "127.0.0.1", {})]


def test_a_shop_owner_signs_in_untold_and_for_longer(client: Client) -> None:
    User.objects.create_user("olena", password=PASSWORD)
    assert enter(client, "olena", door="/login/").status_code == 302
    assert told() == []
    assert client.cookies["sessionid"]["max-age"] == 12 * 3600


def test_a_sign_in_of_staff_ends_an_hour_after_the_last_page(client: Client, petro: User) -> None:
    enter(client, "petro")
    assert client.cookies["sessionid"]["max-age"] == 3600
    session = client.session
    session["kept_at"] = 0
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))
    assert client.get("/admin/").status_code == 200
    assert 3590 < (Session.objects.get().expire_date - timezone.now()).total_seconds() <= 3600


def test_without_the_entry_there_is_no_sign_in(client: Client, petro: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(AuditEntry.objects, "create", broken)
    client.raise_request_exception = False
    assert enter(client, "petro").status_code == 500
    assert "sessionid" not in client.cookies


def test_a_lock_out_of_staff_is_told_once_and_of_nobody_else(client: Client, petro: User) -> None:
    User.objects.create_user("olena", password=PASSWORD)
    for name in ("petro", "olena", "kanareyka-password-in-the-wrong-field"):
        for _ in range(8):
            enter(client, name, "wrong")
    assert told() == [
        ("staff_locked_out", "admin", "nobody", None, "", "127.0.0.1", {"account": "petro"}),
    ]
