"""Connect: nothing is saved before the URL answers, nothing that was entered is lost, and it happens once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.db import connection as database
from django.test import Client

from deliveries.connections import latest
from deliveries.models import Connection
from deliveries.sealing import unseal
from happ_webhooks.history.models import Workspace
from integrations.pages.webhook import saved
from tests.conftest import connect
from tests.integrations.conftest import stop
from tests.pages.webhook import BY_SCRIPT, Shop, hidden, value_of, words
from tests.receiver import Arrival, Receiver, Reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    return Shop(workspace)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_url_that_answers_is_connected_and_the_tile_says_so(shop: Shop, receiver: Receiver) -> None:
    answer = shop.connect(receiver.url, password="s3same")
    assert (answer.status_code, answer["location"]) == (303, shop.address())
    assert said(answer) == [f"Connected. New events now go to {receiver.url.split('/')[2]}."]
    connection = latest(shop.workspace.pk)
    assert connection
    assert (connection.number, connection.url, unseal(connection.password)) == (1, receiver.url, "s3same")
    assert [ping.headers["authorization"] for ping in receiver.pings] == ["Bearer s3same"]


def test_a_script_is_led_to_the_tile(shop: Shop, receiver: Receiver) -> None:
    answer = shop.post("connect/", {"url": receiver.url, "scheme": "bearer", "version": shop.version()}, **BY_SCRIPT)
    assert (answer.status_code, answer["hx-redirect"], answer.content) == (200, shop.address(), b"")


def test_the_form_is_a_page_and_to_a_script_a_fragment(shop: Shop) -> None:
    page, part = shop.get("connect/").content.decode(), shop.get("connect/", **BY_SCRIPT).content.decode()
    assert "<html" in page
    assert "<html" not in part
    for shown in (page, part):
        assert 'id="dialog-title"' in shown
        assert 'id="notice"' in shown
        assert value_of(shown, "url") == value_of(shown, "password") == ""
        assert value_of(shown, "header") == "x-make-apikey"


def test_a_refusal_saves_nothing_shows_the_check_and_keeps_what_was_entered(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 401
    answer = shop.connect(receiver.url, password="wrong", scheme="header", header="X-Token")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no-store" in answer["cache-control"]
    assert value_of(page, "url") == receiver.url
    assert value_of(page, "password") == "wrong"
    assert value_of(page, "header") == "X-Token"
    read = words(page)
    assert "Wrong password. The password in HAPP doesn't match the one on your service." in read
    assert "Nothing was saved." in read
    assert "Encryption (TLS) Not needed" in read
    assert "Status of the answer Failed here 401" in read
    assert 'role="alert" tabindex="-1"' in page
    assert not Connection.objects.exists()
    assert "wrong" not in shop.get("connect/").content.decode()


def test_the_phase_that_failed_is_marked_in_words(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = shop.connect("http://127.0.0.1:9/happ")
    assert "Connecting Failed here" in words(answer.content.decode())
    assert "First byte of the answer Not reached Status of the answer Not reached" in words(answer.content.decode())
    monkeypatch.setattr(settings, "HAPP_ALLOW_PRIVATE_TARGETS", False)
    answer = shop.connect("https://nobody.invalid/happ")
    assert "Name lookup (DNS) Failed here" in words(answer.content.decode())


def test_a_slow_answer_fails_at_its_first_byte(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: Reply(200, delay=5.5)
    read = words(shop.connect(receiver.url).content.decode())
    assert "Slow response. Your handler took longer than 5 seconds" in read
    assert "First byte of the answer Failed here" in read
    assert "Connecting OK" in read


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"url": ""}, "url", "Enter the URL that events are sent to, such as https://crm.example.com/happ."),
        ({"url": "ftp://crm.example.com/"}, "url", "Use https://, so nobody can read your customers"),
        ({"url": "https://a:b@crm.example.com/"}, "url", "Remove the user and password from the URL"),
        ({"password": "пароль"}, "password", "Use Latin letters, digits and symbols"),
        ({"scheme": "header", "header": "authorization"}, "header", "A header&#x27;s name starts with x-"),
        ({"scheme": "nonsense"}, "header", "A header&#x27;s name starts with x-"),
    ],
    ids=["no-url", "ftp", "user-in-url", "cyrillic-password", "header-name", "unknown-scheme"],
)
def test_each_error_stands_at_its_field_and_above_the_form(
    shop: Shop, receiver: Receiver, fields: dict[str, str], field: str, sentence: str
) -> None:
    entered = {"url": receiver.url, "scheme": "bearer", "version": shop.version(), **fields}
    answer = shop.post("connect/", entered)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#{field}">{sentence}' in page
    assert f'id="{field}-wrong">{sentence}' in page
    assert f'aria-describedby="{field}-wrong ' in page
    assert receiver.arrivals == []


def test_a_second_click_connects_once_and_shows_the_tile(shop: Shop, receiver: Receiver) -> None:
    version = shop.version()
    first = shop.connect(receiver.url, password="s3same", version=version)
    second = shop.connect(receiver.url, password="s3same", version=version)
    assert (first.status_code, second.status_code) == (303, 303)
    assert Connection.objects.count() == 1
    assert len(receiver.pings) == 1


def at_once(receiver: Receiver, act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, status: int) -> Future[Any]:
    """`act` in a thread of its own while the next ping is on its way, which is answered once `act` waits for it."""
    answered: Future[Any] = Future()
    waits = threading.Event()

    def second() -> None:
        try:
            answered.set_result(act())
        except BaseException as error:
            answered.set_exception(error)
        finally:
            waits.set()
            database.close()

    def script(arrival: Arrival) -> int:
        threading.Thread(target=second).start()
        waits.wait(10)
        return status

    receiver.script = script
    monkeypatch.setattr(saved, "sleep", lambda seconds: waits.set())
    return answered


def test_a_second_click_while_the_first_is_on_its_way_shows_what_the_first_connects(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = shop.version()
    second = at_once(receiver, lambda: shop.connect(receiver.url, password="a", version=version), monkeypatch, 200)
    first = shop.connect(receiver.url, password="a", version=version)
    assert (first.status_code, second.result(10).status_code) == (303, 303)
    assert second.result()["location"] == shop.address()
    assert Connection.objects.count() == len(receiver.pings) == 1


@pytest.mark.parametrize(("password", "status"), [("another", 200), ("a", 401)], ids=["means-another", "first-fails"])
def test_a_second_click_that_finds_nothing_of_its_own_says_that_a_check_was_running(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, password: str, status: int
) -> None:
    version = shop.version()
    mine = {"password": password, "version": version}
    second = at_once(receiver, lambda: shop.connect(receiver.url, **mine), monkeypatch, status)
    shop.connect(receiver.url, password="a", version=version)
    assert second.result(10).status_code == 429
    assert value_of(second.result().content.decode(), "password") == password
    assert len(receiver.pings) == 1


@pytest.mark.parametrize("other", ["url", "password"])
def test_another_tab_that_means_something_else_is_told_what_holds_now(
    shop: Shop, receiver: Receiver, other: str
) -> None:
    version = shop.version()
    shop.connect(receiver.url, password="s3same", version=version)
    mine = {"url": receiver.url, "password": "s3same", other: {"url": f"{receiver.url}/2", "password": "x"}[other]}
    answer = shop.connect(**mine, version=version)
    page = answer.content.decode()
    assert answer.status_code == 412
    assert "Somebody else changed it meanwhile" in words(page)
    assert f"State Connected URL {receiver.url} Password saved Changed " in words(page)
    assert value_of(page, other) == mine[other]
    assert Connection.objects.count() == 1
    again = shop.connect(**mine, version=hidden(page, "version"))
    assert again.status_code == 303
    assert Connection.objects.count() == 2


def test_whoever_is_connected_gets_the_tile_and_no_form(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    answer = shop.get("connect/")
    assert (answer.status_code, answer["location"]) == (303, shop.address())


def test_whoever_reconnects_finds_the_url_and_not_the_password(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, f"{receiver.url}?token=abc", "s3same")
    stop(shop.workspace)
    page = shop.get("connect/").content.decode()
    assert value_of(page, "url") == f"{receiver.url}?token=abc"
    assert value_of(page, "password") == ""
    assert "s3same" not in page


def test_too_many_checks_say_how_long_to_wait(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500
    version = shop.version()
    for _ in range(20):
        assert shop.connect(receiver.url, version=version).status_code == 422
    answer = shop.connect(receiver.url, password="kept", version=version)
    assert answer.status_code == 429
    assert "Try again in " in words(answer.content.decode())
    assert value_of(answer.content.decode(), "password") == "kept"


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("https://n8n.example.com/webhook-test/7", "n8n-test"),
        ("https://HOOKS.zapier.com/hooks/catch/1/2", "zapier"),
        ("https://hook.eu2.make.com/abc", "make"),
        ("http://crm.example.com/", "http"),
        ("https://192.168.1.7/happ", "private"),
        ("https://crm.example.com/", None),
        ("https://hooks.zapier.com.evil.example/", None),
    ],
    ids=["n8n", "zapier", "make", "http", "private", "plain", "look-alike"],
)
def test_known_services_get_their_hint(shop: Shop, monkeypatch: pytest.MonkeyPatch, url: str, hint: str | None) -> None:
    monkeypatch.setattr(settings, "HAPP_ALLOW_PRIVATE_TARGETS", False)
    # The password is refused, so that nothing is sent.
    page = shop.connect(url, password="пароль").content.decode()
    shown = [
        part[: part.index('"')] for part in page.split('data-hint="')[1:] if "hidden" not in part[: part.index(">")]
    ]
    assert shown == ([hint] if hint else [])


def test_an_expired_sign_in_keeps_the_form(shop: Shop, receiver: Receiver) -> None:
    fields = {"url": receiver.url, "scheme": "bearer", "version": shop.version()}
    answer = Client().post(shop.address("connect/"), fields, headers={**BY_SCRIPT, "accept-language": "en"})
    assert answer.status_code == 401
    assert "What you entered is still here" in answer.content.decode()
    assert not Connection.objects.exists()
    assert receiver.arrivals == []


def test_a_form_without_its_token_changes_nothing(shop: Shop, receiver: Receiver) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(shop.user)
    assert strict.post(shop.address("connect/"), {"url": receiver.url}).status_code == 403
    assert receiver.arrivals == []


def test_the_password_is_in_no_log(shop: Shop, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    receiver.script = lambda arrival: 500
    shop.connect(f"{receiver.url}?token=abc", password="tr0mbone")
    assert "tr0mbone" not in caplog.text
    assert "token=abc" not in caplog.text
