"""Sign-in: what a wrong password shows, who is locked out and for how long, and how long a sign-in lasts."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.pages.account.lockout import address_of
from tests.pages.account import text

pytestmark = pytest.mark.django_db

PASSWORD = "a long password of a test"
DOORS = pytest.mark.parametrize("door", ["/login/", "/admin/login/"])


@pytest.fixture(autouse=True)
def olena(settings: Settings) -> User:
    # Passwords are guessed by the hundred here; how slow each guess is made is Django's.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_superuser("olena", password=PASSWORD)


def guess(client: Client, name: str = "olena", password: str = "wrong", door: str = "/login/", **sent: Any) -> Any:
    return client.post(door, {"username": name, "password": password}, **sent)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_sign_in_leads_to_the_page_that_was_asked_for(client: Client) -> None:
    page = {"username": "olena", "password": PASSWORD, "next": "/integrations/ws_1/"}
    assert client.post("/login/", page)["location"] == "/integrations/ws_1/"
    assert client.get("/login/")["location"] == "/integrations/"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_a_sign_in_leads_nowhere_else(client: Client, address: str) -> None:
    answer = client.post("/login/", {"username": "olena", "password": PASSWORD, "next": address})
    assert answer["location"] == "/integrations/"


def test_the_form_helps_password_managers_and_its_error_takes_the_focus(client: Client) -> None:
    form = text(client.get("/login/", headers={"accept-language": "en"}))
    assert re.search(r'<input[^>]*name="username"[^>]*autocomplete="username"', form)
    assert re.search(r'<input[^>]*name="password"[^>]*autocomplete="current-password"', form)
    assert form.count("autofocus") == 1
    refused = text(guess(client), 422)
    assert re.search(r'role="alert"\s+tabindex="-1"\s+autofocus', refused)
    assert refused.count("autofocus") == 1
    empty = text(client.post("/login/", {"username": "", "password": ""}), 422)
    assert empty.count('aria-invalid="true"') == 2
    assert 'aria-describedby="id_username_error"' in empty
    assert 'id="id_username_error"' in empty


def test_an_answer_does_not_tell_whether_a_user_exists(client: Client) -> None:
    User.objects.create_user("closed", password=PASSWORD, is_active=False)
    shown = set()
    for name, password in (("olena", "wrong"), ("nobody", "wrong"), ("closed", PASSWORD)):
        page = text(guess(client, name, password), 422)
        shown.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(f'value="{name}"', ""))
    assert len(shown) == 1


@DOORS
@pytest.mark.parametrize("name", ["olena", "nobody"])
def test_the_fifth_wrong_password_locks_the_name_even_for_the_right_one(client: Client, door: str, name: str) -> None:
    for _ in range(4):
        assert guess(client, name, door=door).status_code in {200, 422}
    for password in ("wrong", PASSWORD, "wrong"):
        answer = guess(client, name, password, door, headers={"accept-language": "en"})
        assert "Wait 15 minutes" in text(answer, 429)
        assert 890 <= int(answer["retry-after"]) <= 900
        assert answer["cache-control"] == "no-store"
    assert not signed_in(client)
    assert AccessAttempt.objects.get().failures_since_start == 5


def test_both_doors_count_together_and_browsers_too(client: Client) -> None:
    for number in range(4):
        guess(client, door="/admin/login/" if number % 2 else "/login/", headers={"user-agent": f"browser {number}"})
    assert guess(client).status_code == 429
    assert guess(client, password=PASSWORD).status_code == 429


@pytest.mark.parametrize(
    ("minutes", "sentence"), [(14.5, "Зачекайте 1 хвилину"), (12.5, "Зачекайте 3 хвилини"), (9.5, "Зачекайте 6 хвилин")]
)
def test_the_wait_is_said_in_minutes_in_ukrainian(client: Client, minutes: float, sentence: str) -> None:
    for _ in range(5):
        guess(client)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=minutes))
    assert f"{sentence} й спробуйте" in text(guess(client, headers={"accept-language": "uk"}), 429)


def test_after_a_quarter_of_an_hour_the_right_password_is_right_again(client: Client) -> None:
    for _ in range(7):
        guess(client)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=15))
    assert guess(client, password=PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_a_right_password_clears_the_count(client: Client) -> None:
    for _ in range(2):
        for _ in range(4):
            guess(client)
        assert guess(client, password=PASSWORD).status_code == 302
        client.logout()


def test_neither_another_name_nor_another_address_is_locked(client: Client) -> None:
    for _ in range(5):
        guess(client, "taras")
    assert guess(client, password=PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 302
    elsewhere = Client()
    assert guess(elsewhere, "taras", REMOTE_ADDR="198.51.100.7").status_code == 422


def test_an_address_that_tries_one_password_for_many_names_is_locked_out_and_no_other(client: Client) -> None:
    for number in range(30):
        assert guess(client, f"name_{number}", REMOTE_ADDR="8.8.8.8").status_code == 422
    answer = guess(client, password=PASSWORD, REMOTE_ADDR="8.8.8.8")
    assert answer.status_code == 429
    assert 890 <= int(answer["retry-after"]) <= 900
    assert guess(Client(), password=PASSWORD, REMOTE_ADDR="8.8.4.4").status_code == 302
    AccessAttempt.objects.filter(username="name_0").update(attempt_time=F("attempt_time") - timedelta(minutes=15))
    assert guess(client, password=PASSWORD, REMOTE_ADDR="8.8.8.8").status_code == 302


def test_an_address_of_our_own_network_may_be_everybody_s_and_is_not_locked_out_alone(client: Client) -> None:
    for number in range(31):
        assert guess(client, f"name_{number}", REMOTE_ADDR="10.0.0.7").status_code == 422
    assert guess(client, password=PASSWORD, REMOTE_ADDR="10.0.0.7").status_code == 302


@pytest.mark.parametrize("weak", ["short-one-1", "8231795503146", "administrator"])
def test_a_weak_password_is_refused(client: Client, weak: str) -> None:
    guess(client, password=PASSWORD)
    answer = client.post("/password/", {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak})
    assert "id_new_password2_error" in text(answer, 422)


def test_a_made_up_forwarded_address_is_no_way_around(client: Client) -> None:
    for number in range(5):
        guess(client, headers={"x-forwarded-for": f"203.0.113.{number}"})
    assert guess(client, password=PASSWORD, headers={"x-forwarded-for": "203.0.113.99"}).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "made up, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_the_address_is_that_which_our_own_proxy_heard(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.HAPP_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": forwarded})
    assert address_of(request) == address


def test_a_socket_without_an_address_locks_by_name(client: Client) -> None:
    for _ in range(4):
        assert guess(client, REMOTE_ADDR="").status_code == 422
    assert guess(client, REMOTE_ADDR="").status_code == 429


def test_what_was_entered_is_neither_kept_nor_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "axes"):
        for _ in range(5):
            guess(client, "olena", "hunter2-secret", REMOTE_ADDR="198.51.100.7")
    assert "hunter2-secret" not in caplog.text
    assert "olena" not in caplog.text
    assert "198.51.100.7" not in caplog.text
    kept = AccessAttempt.objects.get()
    assert "hunter2-secret" not in kept.post_data
    assert "olena" not in kept.post_data


def test_a_sign_in_is_kept_up_by_pages_and_not_by_what_refreshes_itself(client: Client) -> None:
    User.objects.create_user("taras", password=PASSWORD)
    guess(client, "taras", PASSWORD)
    ends = timezone.now() + timedelta(hours=2)

    def ends_later(**headers: str) -> bool:
        session = client.session
        session["kept_at"] = 0
        session.save()
        Session.objects.update(expire_date=ends)
        client.get("/integrations/", headers=headers)
        return Session.objects.get().expire_date > ends + timedelta(hours=9)

    assert not ends_later(**{"HX-Request": "true"})
    assert ends_later()
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (12 * 3600, True, "Lax")


def test_pages_one_after_the_other_save_the_session_once(client: Client) -> None:
    guess(client, password=PASSWORD)
    client.get("/integrations/")
    assert "sessionid" not in client.get("/integrations/").cookies


def test_a_password_is_changed_and_other_browsers_are_signed_out(client: Client) -> None:
    other = Client()
    for browser in (client, other):
        guess(browser, password=PASSWORD)
    wrong = {"old_password": "x", "new_password1": "another long one", "new_password2": "another long one"}
    assert "id_old_password_error" in text(client.post("/password/", wrong), 422)
    weak = {"old_password": PASSWORD, "new_password1": "12345678", "new_password2": "12345678"}
    assert "id_new_password2_error" in text(client.post("/password/", weak), 422)
    right = {"old_password": PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}
    assert client.post("/password/", right).status_code == 302
    assert client.get("/password/").status_code == 200
    assert other.get("/password/")["location"] == "/login/?next=/password/"
    assert guess(Client(), password="another long one").status_code == 302


def test_the_language_is_that_of_the_switch_then_of_the_browser_then_english(client: Client) -> None:
    def language(accepted: str) -> str:
        found = re.search(r'<html lang="(\w+)"', text(client.get("/login/", headers={"accept-language": accepted})))
        assert found
        return found[1]

    assert [language("uk"), language("en"), language("de"), language("")] == ["uk", "en", "en", "en"]
    answer = client.post("/language/", {"language": "uk", "next": "/login/"})
    cookie = answer.cookies["django_language"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 31_536_000)
    assert language("en") == "uk"


def test_headers_stand_on_every_answer(client: Client) -> None:
    for path in ("/login/", "/livez", "/api/v1/workspaces/ws_1/events", "/static/happ/happ.css", "/nothing"):
        answer = client.get(path)
        answer.close()
        headers = answer.headers
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert "camera=()" in headers["permissions-policy"]


def test_the_page_of_the_api_runs_no_inline_script(client: Client) -> None:
    answer = client.get("/api/docs/")
    page = text(answer)
    assert "img-src 'self' data:" in answer["content-security-policy"]
    assert "unsafe" not in answer["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=", page)
    script = client.get("/api/docs/?script=")
    assert script["content-type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in text(script)
