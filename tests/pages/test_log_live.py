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

UKRAINIAN = {"accept-language": "uk"}


def attribute(page: str, name: str, part: str = "log-rows") -> str:
    found = re.search(rf'{name}="([^"]*)"', page[page.index(f'id="{part}"') :])
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
    assert 'id="pause"' in page


def test_rows_in_another_time_zone_are_other_rows(client: Client, shop: Workspace, olena: User, eight: None) -> None:
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/")
    address, etag = attribute(page, "hx-get"), attribute(page, "data-etag")
    Workspace.objects.update(time_zone="Europe/Lisbon")
    assert get(client, address, **{"if-none-match": etag})[0] == 200


@pytest.mark.parametrize("query", ["", "?status=x", "?before=5", "?window=7d"])
def test_the_figures_follow_too(client: Client, shop: Workspace, olena: User, eight: None, query: str) -> None:
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/{query}")
    address, etag = (attribute(page, name, "log-figures") for name in ("hx-get", "data-etag"))
    with CaptureQueriesContext(database) as captured:
        assert get(client, address, **{"if-none-match": etag}) == (304, "")
    assert len(captured) <= 5
    Delivery.objects.filter(sequence__lte=8, status="pending").update(attempts=1)
    status, part = get(client, address, **{"if-none-match": etag})
    assert (status, "<html" in part, 'id="log-rows"' in part) == (200, False, False)
    assert re.search(r'id="figure-retrying">\s*4\s*<', part)
    assert attribute(part, "aria-current", "window-7d" if "7d" in query else "window-24h") == "true"
    assert get(client, address, **{"if-none-match": attribute(part, "data-etag", "log-figures")}) == (304, "")


def test_figures_in_another_language_are_other_figures(client: Client, shop: Workspace, olena: User) -> None:
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/")
    etag = attribute(page, "data-etag", "log-figures")
    answer = get(client, f"/integrations/{shop.pk}/deliveries/figures/", **{"if-none-match": etag, **UKRAINIAN})
    assert answer[0] == 200
    assert "Останні 24 години" in answer[1]


def test_a_waiting_delivery_follows_until_it_is_settled(
    client: Client, shop: Workspace, olena: User, eight: None
) -> None:
    waits = Delivery.objects.get(sequence=5)
    _, page = get(client, f"/integrations/{shop.pk}/deliveries/{waits.pk}/")
    address, etag = (attribute(page, name, "delivery-now") for name in ("hx-get", "data-etag"))
    with CaptureQueriesContext(database) as captured:
        assert get(client, address, **{"if-none-match": etag}) == (304, "")
    assert len(captured) <= 5
    waits.attempt_set.create(
        connection=waits.connection, number=1, started_at=waits.recorded_at, response_ms=7, status_code=200
    )
    status, part = get(client, address, **{"if-none-match": etag})
    assert (status, "<html" in part, 'data-attempt="1"' in part) == (200, False, True)
    assert attribute(part, "data-announce", "delivery-now") == "Delivery: Waiting"
    Delivery.objects.filter(pk=waits.pk).update(status="delivered", settled_at=waits.recorded_at)
    status, part = get(client, address, **{"if-none-match": attribute(part, "data-etag", "delivery-now")})
    assert (status, "data-live" in part) == (200, False)
    assert attribute(part, "data-announce", "delivery-now") == "Delivery: Delivered"


def test_parts_of_another_workspace_are_not_there(client: Client, shop: Workspace, olena: User, eight: None) -> None:
    other = Workspace.objects.create(name="Квіти")
    event_id = Delivery.objects.get(sequence=5).pk
    for address in ("figures/", f"{event_id}/part/"):
        assert get(client, f"/integrations/{other.pk}/deliveries/{address}")[0] == 404
