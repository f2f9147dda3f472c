"""The delivery log's page: what it shows, how it is narrowed, and its pages."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deliveries.connections import disconnect_workspace
from deliveries.intake import take_in
from deliveries.log import paging
from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import Membership, Workspace
from tests.conftest import connect, incoming, record
from tests.eight import UNUSED_URL
from tests.pages.eight import CANARY, eight, olena, sequences, shop

__all__ = ["eight", "olena", "shop"]

NOON = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)


def log(client: Client, shop: Workspace, query: str = "") -> str:
    answer = client.get(f"/integrations/{shop.pk}/deliveries/{query}", headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_an_empty_log_says_how_to_fill_it(client: Client, shop: Workspace, olena: User) -> None:
    page = log(client, shop)
    assert "No deliveries yet." in page
    assert 'id="deliveries"' not in page
    assert "Message content lives in your chat history" in page


def test_filters_that_match_nothing_say_so_and_can_be_cleared(client: Client, shop: Workspace, olena: User) -> None:
    page = log(client, shop, "?channel=viber")
    assert "Nothing matches." in page
    assert "No deliveries yet." not in page


def test_a_row_has_ids_codes_and_times(client: Client, shop: Workspace, olena: User) -> None:
    connect(shop, UNUSED_URL)
    [accepted] = record(shop, "chat_9")
    recorded_at = datetime(2026, 5, 25, 11, 30, 7, tzinfo=UTC)
    next_try = datetime(2026, 5, 25, 11, 31, 5, tzinfo=UTC)
    Delivery.objects.update(
        recorded_at=recorded_at, next_attempt_at=next_try, attempts=3, last_error="HTTP_401", last_response_ms=214
    )
    page = log(client, shop)
    assert f'data-event-id="{accepted.id}"' in page
    assert 'data-status="pending"' in page
    for text in ("25.05.2026, 14:30:07", "14:31:05", "3/8", "214 ms", "HTTP_401", "chat_9", "Telegram", "Waiting"):
        assert text in page, text


def test_the_next_try_waits_for_the_end_of_a_pause_and_has_its_date_on_another_day(
    client: Client, shop: Workspace, olena: User
) -> None:
    connect(shop, UNUSED_URL)
    record(shop, "chat_9")
    today = timezone.localtime(timezone=shop.zone).replace(hour=12, minute=0, second=0, microsecond=0)
    Delivery.objects.update(attempts=1, next_attempt_at=today)
    assert ">12:00:00</time>" in log(client, shop)
    Connection.objects.update(paused_until=today + timedelta(seconds=42))
    assert ">12:00:42</time>" in log(client, shop)
    Connection.objects.update(paused_until=today + timedelta(days=1))
    assert f">{today + timedelta(days=1):%d.%m.%Y}, 12:00:00</time>" in log(client, shop)
    Connection.objects.update(paused_until=today - timedelta(days=1))
    assert ">12:00:00</time>" in log(client, shop)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [8, 7, 6, 5, 4, 3, 2, 1]),
        ("?status=delivered", [2, 1]),
        ("?status=pending", [8, 7, 6, 5]),
        ("?status=dropped", [3]),
        ("?status=cancelled", [4]),
        ("?error=timeout", [6, 3]),
        ("?channel=viber", [6]),
        ("?type=order.created", [7]),
        ("?type=order.created&channel=viber", []),
        ("?chat_id=odd", [7, 5, 3, 1]),
        ("?q=odd", [7, 5, 3, 1]),
        ("?q=even&status=delivered", [2]),
        ("?status=pending&error=HTTP_500", [5]),
        ("?status=&error=&chat_id=&q=", [8, 7, 6, 5, 4, 3, 2, 1]),
        ("?period=1h", [8, 7, 6, 5]),
        ("?period=24h", [8, 7, 6, 5, 4, 3]),
        ("?utm_source=mail", [8, 7, 6, 5, 4, 3, 2, 1]),
    ],
)
def test_filters(client: Client, shop: Workspace, olena: User, eight: None, query: str, expected: list[int]) -> None:
    now = timezone.now()
    Delivery.objects.filter(sequence__in=(3, 4)).update(recorded_at=now - timedelta(hours=20))
    Delivery.objects.filter(sequence__in=(1, 2)).update(recorded_at=now - timedelta(days=9))
    assert sequences(log(client, shop, query)) == expected


def test_an_event_is_found_by_its_id(client: Client, shop: Workspace, olena: User, eight: None) -> None:
    wanted = Delivery.objects.get(sequence=5)
    assert sequences(log(client, shop, f"?q={wanted.pk}")) == [5]
    assert sequences(log(client, shop, "?q=evt_nobodys")) == []


def test_an_own_period_is_in_the_workspaces_zone(client: Client, shop: Workspace, olena: User, eight: None) -> None:
    for sequence in range(1, 9):
        Delivery.objects.filter(sequence=sequence).update(recorded_at=NOON + timedelta(minutes=sequence))
    assert sequences(log(client, shop, "?period=own&since=2026-05-25T15:03&until=2026-05-25T15:06")) == [5, 4, 3]
    assert sequences(log(client, shop, "?until=2026-05-25T15:03")) == [2, 1]
    assert sequences(log(client, shop, "?since=2026-05-26")) == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?status=waiting", ["status"]),
        ("?channel=sms&type=x", ["channel", "type"]),
        ("?error=%00", ["error"]),
        ("?chat_id=" + "x" * 201, ["chat_id"]),
        ("?q=a%00b", ["q"]),
        ("?chat_id=a&q=b", ["q"]),
        ("?period=1y", ["period"]),
        ("?period=own&since=yesterday", ["since"]),
        ("?since=0001-01-01&until=9999-12-31", ["since", "until"]),
        ("?since=2026-05-25T99:99", ["since"]),
        ("?since=2026-05-25&until=2026-05-24", ["until"]),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else None,
)
def test_a_wrong_filter_is_named_and_what_was_entered_stays(
    client: Client, shop: Workspace, olena: User, eight: None, query: str, names: list[str]
) -> None:
    answer = client.get(f"/integrations/{shop.pk}/deliveries/{query}")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.findall(r'<p class="wrong" id="(\w+)-wrong">', page) == sorted(names, key=ORDER.index)
    assert page.count('aria-invalid="true"') == len(names)
    assert sequences(page) == []


ORDER = ["q", "status", "error", "channel", "type", "chat_id", "period", "since", "until"]


def test_pages_follow_each_other_also_while_events_come_in(
    client: Client, shop: Workspace, olena: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.pages.log.rows.PAGE", 3)
    connect(shop, UNUSED_URL)
    record(shop, *"abcdefgh")
    first = log(client, shop)
    record(shop, "i")
    second = log(client, shop, link(first, "Older"))
    third = log(client, shop, link(second, "Older"))
    assert [sequences(page) for page in (first, second, third)] == [[8, 7, 6], [5, 4, 3], [2, 1]]
    assert "Older" not in third
    back = log(client, shop, link(third, "Newer"))
    assert sequences(back) == [5, 4, 3]
    again = log(client, shop, link(back, "Newer"))
    assert sequences(again) == [8, 7, 6]
    assert sequences(log(client, shop, link(again, "Newer"))) == [9]
    assert sequences(log(client, shop, link(again, "Older"))) == [5, 4, 3]


def link(page: str, words: str) -> str:
    [query] = re.findall(rf'href="[^"]*/deliveries/(\?[^"]*)">{words}</a>', page)
    return str(query).replace("&amp;", "&")


def test_links_keep_the_filters(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.pages.log.rows.PAGE", 1)
    page = log(client, shop, "?status=pending&channel=telegram&window=7d")
    assert link(page, "Older") == "?status=pending&channel=telegram&window=7d&before=8"
    assert "deliveries.csv?status=pending" in page
    assert "?status=pending&amp;channel=telegram&amp;window=1h" in page


def test_filters_that_are_rare_together_say_how_far_was_looked(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LOOKED_AT", 3)
    page = log(client, shop, "?status=delivered&channel=telegram")
    assert sequences(page) == []
    assert "look further back" in page
    assert sequences(log(client, shop, link(page, "Older"))) == [2, 1]
    upward = log(client, shop, "?status=delivered&channel=telegram&after=2")
    assert "Press Newer to look further on" in upward
    assert "Press Older" not in upward


def test_a_frequent_error_leads_to_the_deliveries_of_the_same_time(
    client: Client, shop: Workspace, olena: User, eight: None
) -> None:
    delivery = Delivery.objects.get(sequence=6)
    delivery.attempt_set.create(
        connection=delivery.connection, number=1, started_at=timezone.now(), response_ms=5001, error="TIMEOUT"
    )
    page = log(client, shop, "?window=7d")
    assert 'href="?error=TIMEOUT&amp;period=7d&amp;window=7d"' in page
    assert "Last error" in page
    assert "whose last error it is" in page


def test_the_figures_are_read_once_for_all_who_look_within_some_seconds(
    client: Client, shop: Workspace, olena: User, eight: None
) -> None:
    log(client, shop)
    with CaptureQueriesContext(database) as asked:
        log(client, shop)
    assert not any("deliveries_tally" in each["sql"] for each in asked)
    with CaptureQueriesContext(database) as asked:
        log(client, shop, "?window=1h")
    assert any("deliveries_tally" in each["sql"] for each in asked)


def test_what_a_closed_connection_owes_counts_as_cancelled_at_once(
    client: Client, shop: Workspace, olena: User, eight: None
) -> None:
    disconnect_workspace(shop.pk)
    assert sequences(log(client, shop, "?status=pending")) == []
    assert sequences(log(client, shop, "?status=cancelled")) == [8, 7, 6, 5, 4]
    assert sequences(log(client, shop, "?status=cancelled&error=HTTP_500")) == [5, 4]


def test_the_log_of_another_workspace_is_not_there(client: Client, shop: Workspace, olena: User) -> None:
    other = Workspace.objects.create(name="Квіти")
    for address in ("deliveries/", "deliveries/rows/", "deliveries.csv"):
        assert client.get(f"/integrations/{other.pk}/{address}").status_code == 404


def test_another_workspaces_events_are_not_found(client: Client, shop: Workspace, olena: User) -> None:
    other = Workspace.objects.create(name="Квіти")
    connect(other, UNUSED_URL)
    [theirs] = record(other, "chat_1")
    assert sequences(log(client, shop, f"?q={theirs.id}")) == []
    assert sequences(log(client, shop, "?q=chat_1")) == []


def test_no_content_is_on_any_page(client: Client, shop: Workspace, olena: User) -> None:
    connect(shop, UNUSED_URL)
    [accepted] = take_in(shop.pk, [incoming("chat_1", text=CANARY)])
    for address in ("deliveries/", "deliveries/rows/", f"deliveries/{accepted.id}/", "deliveries.csv"):
        answer = client.get(f"/integrations/{shop.pk}/{address}")
        body = b"".join(answer) if answer.streaming else answer.content
        assert accepted.id in body.decode()
        assert CANARY not in body.decode()


@pytest.mark.parametrize(("days", "words"), [(1, "1 день"), (2, "2 дні"), (30, "30 днів"), (21, "21 день")])
def test_how_long_it_is_kept_has_ukrainian_plural_forms(
    client: Client, shop: Workspace, olena: User, monkeypatch: pytest.MonkeyPatch, days: int, words: str
) -> None:
    monkeypatch.setattr(settings, "HAPP_LOG_DAYS", days)
    answer = client.get(f"/integrations/{shop.pk}/deliveries/", headers={"accept-language": "uk"})
    assert words in answer.content.decode()


def test_a_test_is_offered_to_admins_once_there_is_a_url(client: Client, shop: Workspace, olena: User) -> None:
    button = f"/integrations/{shop.pk}/test/"
    assert button not in log(client, shop)
    connect(shop, UNUSED_URL)
    assert log(client, shop).count(button) == 2
    [accepted] = record(shop, "chat_1")
    assert log(client, shop).count(button) == log(client, shop, f"{accepted.id}/").count(button) == 1
    Membership.objects.update(role=Membership.Role.MEMBER)
    assert log(client, shop).count(button) == log(client, shop, f"{accepted.id}/").count(button) == 0


@pytest.mark.parametrize("query", ["", "?status=dropped", "?q=odd&status=delivered", "?period=24h&type=order.created"])
def test_a_page_costs_the_same_statements_however_many_rows(
    client: Client, shop: Workspace, olena: User, eight: None, query: str
) -> None:
    with CaptureQueriesContext(database) as few:
        log(client, shop, query)
    record(shop, *["odd"] * 100)
    with CaptureQueriesContext(database) as many:
        log(client, shop, query)
    assert len(many) <= len(few) + 1
    assert len(many) <= 20
