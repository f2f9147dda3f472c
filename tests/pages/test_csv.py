"""The log as a file: for Excel, without formulas, never longer than it says."""

import csv
import io
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import override

from deliveries.models import Delivery
from happ_webhooks.history.models import Workspace
from integrations.pages.log import table
from tests.conftest import connect, record
from tests.pages.eight import UNUSED_URL, eight, olena, shop

__all__ = ["eight", "olena", "shop"]


def rows(client: Client, shop: Workspace, query: str = "") -> list[list[str]]:
    answer = client.get(f"/integrations/{shop.pk}/deliveries.csv{query}")
    assert answer.status_code == 200
    assert answer["content-type"] == "text/csv; charset=utf-8"
    assert answer["content-disposition"] == f'attachment; filename="deliveries-{shop.pk}.csv"'
    text = b"".join(answer).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_every_delivery_is_a_row_of_ids_codes_and_times(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "CHUNK", 3)
    head, *found = rows(client, shop)
    assert head == list(table.COLUMNS)
    assert [row[1] for row in found] == [str(number) for number in range(8, 0, -1)]
    third = dict(zip(head, found[5], strict=True))
    delivery = Delivery.objects.get(sequence=3)
    assert (third["event_id"], third["status"], third["reason"], third["last_error"], third["last_status_code"]) == (
        delivery.pk, "dropped", "MAX_RETRIES_EXCEEDED", "TIMEOUT", "",
    )  # fmt: skip
    assert third["recorded_at"].endswith("Z")


def test_the_filters_hold_for_the_file_as_well(client: Client, shop: Workspace, olena: User, eight: None) -> None:
    assert [row[1] for row in rows(client, shop, "?status=pending&chat_id=odd")[1:]] == ["7", "5"]
    assert len(rows(client, shop, "?q=nobody")) == 1


@pytest.mark.parametrize("place", ["after=5", "before=5", "after=2&before=7"])
def test_the_file_is_the_whole_whatever_page_it_was_asked_for_from(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(table, "CHUNK", 2)
    assert [row[1] for row in rows(client, shop, f"?{place}")[1:]] == ["8", "7", "6", "5", "4", "3", "2", "1"]


def test_a_wrong_filter_gives_the_page_that_says_so(client: Client, shop: Workspace, olena: User) -> None:
    answer = client.get(f"/integrations/{shop.pk}/deliveries.csv?status=x")
    assert (answer.status_code, answer["content-type"]) == (422, "text/html; charset=utf-8")
    assert 'id="status-wrong"' in answer.content.decode()


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"], ids=repr)
def test_no_chat_id_becomes_a_formula(client: Client, shop: Workspace, olena: User, begin: str) -> None:
    connect(shop, UNUSED_URL)
    record(shop, f"{begin}HYPERLINK(1)")
    [_, row] = rows(client, shop)
    assert row[4] == f"'{begin}HYPERLINK(1)"


@pytest.mark.parametrize(("most", "cut"), [(7, True), (8, False)])
def test_a_file_that_is_cut_says_so_in_its_last_row(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch, most: int, cut: bool
) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", most)
    found = rows(client, shop)[1:]
    assert len(found) == 8
    assert found[-1][0].startswith("#") is cut


def test_that_it_was_cut_is_said_in_the_language_of_the_page(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 7)
    answer = client.get(f"/integrations/{shop.pk}/deliveries.csv", headers={"accept-language": "uk"})
    with override("en"):  # Whoever asks next in this thread.
        last = b"".join(answer).decode().splitlines()[-1]
    assert last == "# Обрізано після 7 рядків: для решти оберіть коротший період."


def test_rows_that_come_in_while_the_file_is_read_move_nothing(
    client: Client, shop: Workspace, olena: User, eight: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "CHUNK", 2)
    answer = client.get(f"/integrations/{shop.pk}/deliveries.csv")
    found = []
    for line in answer:
        found.append(line.decode())
        record(shop, "late")
    numbers = [int(line.split(",")[1]) for line in found[1:]]
    assert all(above > below for above, below in pairwise(numbers))
    assert numbers[-8:] == [8, 7, 6, 5, 4, 3, 2, 1]
