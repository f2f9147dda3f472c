"""The log follows what comes in: by fragments that are sent only when they changed."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deliveries.models import Delivery
from happ_webhooks.history.models import Workspace
from tests.conftest import record
from tests.pages.eight import eight, olena, shop

__all__ = ["eight", "olena", "shop"]


def attribute(page: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', page[page.index('id="log-rows"') :])
    assert found
    return unescape(found[1])


def get(client: Client, address: str, **headers: str) -> tuple[int, str]:
    answer = client.get(address, headers={"accept-language": "en", **headers})
    return answer.status_code, answer.content.decode()


def test_unchanged_rows_are_not_sent_again(client: Client, shop: Workspace, olena: User, eight: None) -> None:
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/")
    address, etag = attribute(page, "hx-get"), attribute(page, "data-etag")
    assert get(client, address, **{"if-none-match": etag}) == (304, "")
    assert get(client, address, **{"if-none-match": f"W/{etag}"}) == (304, "")
    with CaptureQueriesContext(database) as captured:
        get(client, address, **{"if-none-match": etag})
    assert len(captured) <= 5


def test_changed_rows_come_alone_and_say_how_many_are_new(
    client: Client, shop: Workspace, olena: User, eight: None
) -> None:
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/?status=pending")
    address, etag = attribute(page, "hx-get"), attribute(page, "data-etag")
    record(shop, *"abcd")
    status, rows = get(client, address, **{"if-none-match": etag})
    assert (status, "<html" in rows) == (200, False)
    assert attribute(rows, "data-announce") == "4 new deliveries"
    assert attribute(rows, "data-etag") != etag
    Delivery.objects.filter(sequence=12).update(status="delivered")
    status, rows = get(client, attribute(rows, "hx-get"), **{"if-none-match": attribute(rows, "data-etag")})
    assert (status, attribute(rows, "data-announce")) == (200, "")


@pytest.mark.parametrize(("count", "words"), [(1, "1 нова доставка"), (3, "3 нові доставки"), (5, "5 нових доставок")])
def test_new_deliveries_have_ukrainian_plural_forms(
    client: Client, shop: Workspace, olena: User, eight: None, count: int, words: str
) -> None:
    record(shop, *["a"] * count)
    _, rows = get(client, f"/integrations/{shop.pk}/deliveries/rows/?newest=8", **{"accept-language": "uk"})
    assert attribute(rows, "data-announce") == words


@pytest.mark.parametrize(
    ("query", "live"),
    [("", True), ("?status=pending", True), ("?period=1h", True), ("?before=5", False), ("?after=5", False),
     ("?since=2026-05-25", True), ("?until=2099-05-25", False), ("?status=x", False)],
)  # fmt: skip
def test_only_the_newest_page_follows(
    client: Client, shop: Workspace, olena: User, eight: None, query: str, live: bool
) -> None:
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/{query}")
    assert ('data-live="2000"' in page) is live
    assert ('id="pause"' in page) is live
