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
from integrations.pages.log.delivery import phases_of
from tests.conftest import connect, record
from tests.pages.eight import UNUSED_URL, olena, shop

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
    for text in ("Неправильний пароль", "Спроба 2", "Наступна спроба", "Очікування першого байта", "Чекає"):
        assert text in page, text


def test_phases_stand_one_after_the_other_within_the_whole_time() -> None:
    attempt = DeliveryAttempt(response_ms=200, dns_ms=20, connect_ms=40, tls_ms=None, first_byte_ms=100)
    assert [(phase.look, phase.ms, phase.x, phase.width) for phase in phases_of(attempt)] == [
        ("dns", 20, "0.00%", "10.00%"),
        ("connect", 40, "10.00%", "20.00%"),
        ("answer", 100, "30.00%", "50.00%"),
    ]


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


def test_a_page_costs_two_statements_beside_its_shell(client: Client, olena: User, tried: Delivery) -> None:
    with CaptureQueriesContext(database) as captured:
        shown(client, tried)
    about = [query["sql"] for query in captured.captured_queries if "deliveries_" in query["sql"]]
    assert len(about) == 2
    assert len(captured) <= 9
