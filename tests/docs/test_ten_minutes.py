"""The page with the commands: all of them are run by the samples' tests, and what it says of the site is so."""

import re
import sqlite3
from pathlib import Path

import pytest

from deliveries.receiver_docs import folder
from happ_webhooks.history.models import ApiToken, Workspace
from integrations.pages.account.tokens import SCOPES
from tests.docs.conftest import Shop
from tests.docs.samples import TEN_MINUTES, Sample, commands
from tests.docs.test_samples import FILES
from tests.pages.account import client_of, member, text

PAGE = (folder() / TEN_MINUTES).read_text()


def test_every_sample_has_its_commands_and_every_block_is_run_by_a_test() -> None:
    linked = set(re.findall(r"samples/([\w.]+)", (folder() / "README.md").read_text()))
    run = {*FILES, "Self-healing", "Fan-out"}
    fetched = {name for heading in run for name in re.findall(r"files/samples/([\w.]+)", "\n".join(commands(heading)))}
    assert fetched | {"google_sheets.py"} == linked
    assert set(re.findall(r"^### (.+)$", PAGE, re.MULTILINE)) == run


def test_what_is_to_be_copied_is_what_the_samples_are_run_with(shop: Shop) -> None:
    copied = [re.fullmatch(r"export (\w+)=\S+", line) for line in commands("Copy five things")]
    assert [match[1] for match in copied if match] == list(shop.variables)


@pytest.mark.parametrize("page", [TEN_MINUTES, "recovery.md"])
def test_the_scope_is_named_as_on_the_page_of_tokens(page: str) -> None:
    assert f'"{SCOPES[ApiToken.Scope.BACKFILL]}"' in " ".join((folder() / page).read_text().split())


@pytest.mark.django_db
def test_the_workspace_is_in_the_address_and_the_secret_where_the_page_says() -> None:
    shop = Workspace.objects.create(name="Shop")
    client = client_of(member(shop, "owner"))
    assert client.get("/integrations/", follow=True).redirect_chain[-1][0] == f"/integrations/{shop.pk}/"
    tile = text(client.get(f"/integrations/{shop.pk}/"))
    address = re.search(r'href="([^"]+)"[^>]*>\s*Workspace\s*<', tile)
    assert address
    assert "Signing secret</a>" in text(client.get(address[1]))


def test_the_count_of_the_outage_says_whether_something_is_missing(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "events.sqlite3") as database:
        database.execute("CREATE TABLE event (sequence)")
        database.executemany("INSERT INTO event VALUES (?)", [(5,), (6,), (9,)])
    database.close()
    sample = Sample("Self-healing", tmp_path, {})
    assert sample.runs(*commands("Break it")).stdout == "5 to 9: 2 missing\n"
