"""The self-healing receiver, started by the docs' commands beside the real HAPP, ends up with every event."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from deliveries.models import Connection, Delivery
from happ_webhooks.check.__main__ import main as check
from integrations.connecting import connect, disconnect
from tests.conftest import record
from tests.docs.conftest import PASSWORD, Shop, Start
from tests.docs.gate import RUBBISH, Gate
from tests.docs.samples import Sample
from tests.processes import Processes, eventually

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def gate(running: Processes) -> Iterator[Gate]:
    gate = Gate(running.site)
    yield gate
    gate.close()


@pytest.fixture
def sample(prepared: Start) -> Sample:
    return prepared("Self-healing")


def start(sample: Sample, shop: Shop, gate: Gate) -> None:
    sample.start(HAPP_API=f"{gate.url}/api/v1/workspaces/{shop.id}", HEAL_SECONDS="0.2")


def kept(sample: Sample, workspace_id: str) -> list[int]:
    query = "SELECT sequence FROM event WHERE workspace_id = ? ORDER BY sequence"
    with closing(sqlite3.connect(sample.place / "events.sqlite3", timeout=5)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
            return []
        return [number for (number,) in database.execute(query, [workspace_id])]


def test_an_outage_with_drops_leaves_a_hole_and_the_hole_is_filled(sample: Sample, shop: Shop, gate: Gate) -> None:
    start(sample, shop, gate)
    connect(shop.id, url=sample.url, password=PASSWORD)
    record(shop.workspace, "chat_1", "chat_2")
    eventually(lambda: kept(sample, shop.id) == [1, 2])

    sample.stop()
    record(shop.workspace, "chat_1", "chat_2", "chat_1")
    stopped = Connection.objects.filter(workspace=shop.workspace, close_reason="MAX_RETRIES_EXCEEDED")
    eventually(stopped.exists, 40)
    dropped = Delivery.objects.filter(workspace=shop.workspace, reason="MAX_RETRIES_EXCEEDED")
    eventually(lambda: [each.sequence for each in dropped.order_by("sequence")] == [3, 4, 5])
    record(shop.workspace, "chat_3")
    start(sample, shop, gate)
    disconnect(shop.id)
    connect(shop.id, url=sample.url, password=PASSWORD)
    record(shop.workspace, "chat_1")
    eventually(lambda: len(kept(sample, shop.id)) > 2)

    assert kept(sample, shop.id) == [1, 2, 7]
    assert gate.passed == []
    gate.open = True
    eventually(lambda: kept(sample, shop.id) == [1, 2, 3, 4, 5, 6, 7])
    assert f"/api/v1/workspaces/{shop.id}/events?after=2&until=6" in gate.passed


def test_what_is_newer_than_the_newest_is_fetched_without_any_webhook(sample: Sample, shop: Shop, gate: Gate) -> None:
    start(sample, shop, gate)
    gate.open = True
    connect(shop.id, url=sample.url, password=PASSWORD)
    record(shop.workspace, "chat_1")
    eventually(lambda: kept(sample, shop.id) == [1])
    disconnect(shop.id)
    record(shop.workspace, "chat_1", "chat_2")
    eventually(lambda: kept(sample, shop.id) == [1, 2, 3])


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_healing_outlives_an_api_that_answers(rubbish: str, sample: Sample, shop: Shop, gate: Gate) -> None:
    gate.rubbish = RUBBISH[rubbish]
    start(sample, shop, gate)
    connect(shop.id, url=sample.url, password=PASSWORD)
    record(shop.workspace, "chat_1")
    eventually(lambda: len(gate.asked) > 1)
    disconnect(shop.id)
    record(shop.workspace, "chat_1")
    gate.open = True
    eventually(lambda: kept(sample, shop.id) == [1, 2])
    assert "Healing waits: " in sample.output


def test_healing_outlives_a_database_that_is_broken(sample: Sample, shop: Shop, gate: Gate) -> None:
    start(sample, shop, gate)
    gate.open = True
    file = sample.place / "events.sqlite3"
    connect(shop.id, url=sample.url, password=PASSWORD)
    record(shop.workspace, "chat_1")
    eventually(lambda: kept(sample, shop.id) == [1])
    file.rename(sample.place / "away")
    file.mkdir()
    eventually(lambda: "OperationalError" in sample.output)
    disconnect(shop.id)
    record(shop.workspace, "chat_1")
    file.rmdir()
    (sample.place / "away").rename(file)
    eventually(lambda: kept(sample, shop.id) == [1, 2])


def test_events_of_another_workspace_neither_take_a_number_nor_open_a_hole(
    sample: Sample, shop: Shop, gate: Gate
) -> None:
    start(sample, shop, gate)
    secret = shop.variables["HAPP_SIGNING_SECRET"]
    assert check([sample.url, "--password", PASSWORD, "--secret", secret]) == 0
    assert 1 in kept(sample, "ws_check")
    connect(shop.id, url=sample.url, password=PASSWORD)
    record(shop.workspace, "chat_1", "chat_2")
    eventually(lambda: kept(sample, shop.id) == [1, 2])
    gate.open = True
    asked = f"/api/v1/workspaces/{shop.id}/events?after=2"
    eventually(lambda: gate.passed.count(asked) > 1)
    assert set(gate.passed) == {asked}


@pytest.mark.parametrize("name", ["HAPP_API", "HAPP_TOKEN"])
def test_without_the_api_it_says_one_sentence_and_ends(name: str, sample: Sample) -> None:
    settings = {"HAPP_API": "https://happ.example/api/v1/workspaces/ws_1", name: ""}
    done = sample.runs(f"exec {sample.last_command}", **settings)
    sentence = "HAPP_API must be https://<happ>/api/v1/workspaces/<workspace>, and HAPP_TOKEN a token for back-fill.\n"
    assert (done.returncode, done.stdout) == (1, sentence)
