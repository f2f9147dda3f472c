"""One delivery's page: facts, tries with their phases, and what to do about it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record
from tests.pages.eight import UNUSED_URL, olena, shop
from tests.pages.webhook import words

__all__ = ["olena", "shop"]

STARTED = datetime(2026, 5, 25, 11, 30, 7, tzinfo=UTC)


@pytest.fixture
def tried(shop: Workspace) -> Delivery:
    """A delivery that failed twice: a wrong password, then no answer in time."""
    connection = connect(shop, UNUSED_URL)
    [accepted] = record(shop, "chat_9")
    for number, (error, status_code, ms) in enumerate([("HTTP_401", 401, 214), ("TIMEOUT", None, 5003)], 1):
        DeliveryAttempt.objects.create(
            delivery_id=accepted.id, connection=connection, number=number, error=error, status_code=status_code,
            started_at=STARTED + timedelta(seconds=5 * number), response_ms=ms, dns_ms=10, connect_ms=20, tls_ms=50,
            first_byte_ms=120 if status_code else None, detail="",
        )  # fmt: skip
    Delivery.objects.update(
        attempts=2, first_attempt_at=STARTED, last_error="TIMEOUT", next_attempt_at=STARTED + timedelta(minutes=2)
    )
    return Delivery.objects.get()


def shown(client: Client, delivery: Delivery, language: str = "en") -> str:
    address = f"/integrations/{delivery.workspace_id}/deliveries/{delivery.pk}/"
    answer = client.get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_each_try_says_when_how_long_what_and_what_to_do(client: Client, olena: User, tried: Delivery) -> None:
    page = shown(client, tried)
    assert re.findall(r'data-attempt="(\d)"', page) == ["1", "2"]
    for text in (
        "25.05.2026, 14:30:12", "Wrong password", "HTTP_401", "214 ms", "paste the right password",
        "25.05.2026, 14:30:17", "Slow response", "TIMEOUT", "5003 ms", "Reply 200 immediately",
        "120 ms", "2/8", "25.05.2026, 14:32:07",
    ):  # fmt: skip
        assert text in page, text
    assert "Fetch this event" not in page


def test_the_page_speaks_ukrainian(client: Client, olena: User, tried: Delivery) -> None:
    page = shown(client, tried, "uk")
    for text in ("Неправильний пароль", "Спроба 2", "Наступна спроба", "Перший байт відповіді", "Чекає"):
        assert text in page, text


def test_each_attempt_marks_the_step_that_failed_in_the_words_of_the_connection_check(
    client: Client, olena: User, tried: Delivery
) -> None:
    wrong_password, slow = [words(part) for part in shown(client, tried).split("data-attempt=")[1:]]
    assert "Name lookup (DNS) OK 10 ms Connecting OK 20 ms Encryption (TLS) OK 50 ms" in wrong_password
    assert "First byte of the answer OK 120 ms Status of the answer Failed here 401" in wrong_password
    assert "Encryption (TLS) OK 50 ms First byte of the answer Failed here Status of the answer Not reached" in slow


def test_what_happened_is_said_in_the_language_of_the_page(client: Client, olena: User, tried: Delivery) -> None:
    DeliveryAttempt.objects.filter(number=1).update(detail="The receiver answered with status 401.")
    DeliveryAttempt.objects.filter(number=2).update(detail="A sentence of an older version.")
    english, ukrainian = shown(client, tried), shown(client, tried, "uk")
    assert ">The receiver answered with status 401.<" in english
    assert ">Отримувач відповів статусом 401.<" in ukrainian
    assert 'lang="en">A sentence of an older version.<' in ukrainian
    assert 'lang="en">Отримувач' not in ukrainian


def test_an_event_that_was_dropped_says_after_how_many_attempts_and_since_when(
    client: Client, olena: User, tried: Delivery
) -> None:
    dropped = {"status": "dropped", "reason": "MAX_RETRIES_EXCEEDED", "settled_at": STARTED}
    Delivery.objects.update(**dropped, last_attempt_at=STARTED + timedelta(minutes=102))
    from_to = "from 25.05.2026, 14:30:07 to 25.05.2026, 16:12:07"
    assert f"Your service did not answer 2xx in 2 attempts ({from_to})." in words(shown(client, tried))
    assert "Ваш сервіс не відповів 2xx за 2 спроби (з 25.05.2026, 14:30:07 до " in words(shown(client, tried, "uk"))
    Delivery.objects.update(attempts=0, first_attempt_at=None, last_attempt_at=None)
    assert "did not answer 2xx in" not in words(shown(client, tried))


@pytest.mark.parametrize(("status", "reason"), [("dropped", "MAX_RETRIES_EXCEEDED"), ("cancelled", "DISCONNECTED")])
def test_what_did_not_arrive_comes_with_the_request_that_fetches_it(
    client: Client, olena: User, tried: Delivery, status: str, reason: str
) -> None:
    Delivery.objects.update(status=status, reason=reason, settled_at=STARTED)
    page = shown(client, tried)
    assert f"/api/v1/workspaces/{tried.workspace_id}/events?after=0&amp;until=1" in page
    assert f"<code>{reason}</code>" in page
    assert 'data-copy="request"' in page
    assert "Next try" not in page


def test_what_waits_at_a_closed_connection_is_cancelled_at_once(client: Client, olena: User, tried: Delivery) -> None:
    Connection.objects.update(closed_at=STARTED, close_reason="DISCONNECTED")
    assert 'data-status="cancelled"' in shown(client, tried)


@pytest.mark.parametrize(
    "event_id", ["evt_nobodys", "a%00b", "..%2f..", "x" * 300], ids=["none", "nul", "dots", "long"]
)
def test_an_event_that_is_not_there_is_not_there(client: Client, olena: User, shop: Workspace, event_id: str) -> None:
    assert client.get(f"/integrations/{shop.pk}/deliveries/{event_id}/").status_code == 404


def test_another_workspaces_delivery_is_not_there(client: Client, olena: User, shop: Workspace) -> None:
    other = Workspace.objects.create(name="Квіти")
    connect(other, UNUSED_URL)
    [theirs] = record(other, "chat_1")
    for workspace in (shop, other):
        assert client.get(f"/integrations/{workspace.pk}/deliveries/{theirs.id}/").status_code == 404


def test_a_page_costs_three_statements_beside_its_shell(client: Client, olena: User, tried: Delivery) -> None:
    with CaptureQueriesContext(database) as captured:
        shown(client, tried)
    about = [query["sql"] for query in captured.captured_queries if "deliveries_" in query["sql"]]
    assert len(about) == 3
    assert len(captured) <= 10
