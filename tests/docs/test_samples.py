"""Every sample of the docs receives, verifies and drops duplicates, and the self-healing one misses nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from happ_webhooks.check.__main__ import main as check
from happ_webhooks.history.models import ApiToken, Workspace
from integrations.connecting import connect, disconnect
from integrations.pinging import send_test_ping
from integrations.signing import signing_secret
from tests.conftest import record, visits
from tests.docs.samples import SECRET_OF_TESTS, Sample
from tests.processes import eventually
from tests.receiver import Receiver

SINGLE = ("receiver.py", "receiver_django.py", "receiver_fastapi.py", "receiver.mjs", "receiver.php")
MOST_LINES = 80
Start = Callable[..., Sample]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Sample] = []

    def run(name: str, *more: str, **settings: str) -> Sample:
        scratch = tmp_path / str(len(started))
        scratch.mkdir()
        sample = Sample(name, scratch, settings, more)
        started.append(sample)
        return sample

    yield run
    for sample in started:
        sample.close()


@pytest.fixture
def shop(workspace: Workspace, settings: Any) -> Workspace:
    settings.HAPP_ALLOW_PRIVATE_TARGETS = True
    return workspace


@pytest.mark.parametrize("name", SINGLE)
def test_a_sample_handles_every_promise(name: str, start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    sample = start(name, HAPP_SIGNING_SECRET=SECRET_OF_TESTS, HAPP_PASSWORD="pass-1")
    assert check([sample.url, "--password", "pass-1", "--secret", SECRET_OF_TESTS]) == 0
    said = capsys.readouterr().out
    assert "BAD" not in said
    assert "skipped" not in said
    twins = next(line for line in said.splitlines() if "came twice" in line)
    for event_id in [word for word in twins.replace(":", "").split() if word.startswith("evt_")]:
        assert len([line for line in sample.lines if line.startswith(event_id)]) == 1


@pytest.mark.parametrize("name", SINGLE)
def test_a_sample_takes_what_happ_itself_sends(name: str, start: Start, shop: Workspace) -> None:
    secret = signing_secret(shop.pk).signing_secret
    sample = start(name, HAPP_SIGNING_SECRET=secret, HAPP_PASSWORD="pass-1")
    connection = connect(shop.pk, url=sample.url, password="pass-1")
    accepted = record(shop, "chat_1", "chat_2", "chat_1")
    visits(connection)
    send_test_ping(shop.pk, type="order.created", channel="viber")
    eventually(lambda: len(sample.lines) == 5)
    assert [line.split()[0] for line in sample.lines if " 0" not in line[-2:]] != []
    assert {event.id for event in accepted} <= {line.split()[0] for line in sample.lines}


def test_the_fan_out_hands_the_same_bytes_to_every_target(start: Start, shop: Workspace) -> None:
    first, second = Receiver(), Receiver()
    proxy = start("fan_out.py", first.url, second.url)
    connection = connect(shop.pk, url=proxy.url, password="pass-1")
    record(shop, "chat_1")
    visits(connection)
    assert [one.body for one in first.arrivals] == [other.body for other in second.arrivals]
    assert [one.headers["webhook-signature"] for one in first.arrivals] == [
        other.headers["webhook-signature"] for other in second.arrivals
    ]
    assert len(first.events) == 1
    second.script = lambda arrival: 500
    outcome = send_test_ping(shop.pk)
    assert outcome.status_code == 500
    first.close()
    second.close()


@pytest.mark.timeout(120)
def test_the_self_healing_receiver_misses_nothing(
    start: Start, shop: Workspace, live_server: Any, tmp_path: Path
) -> None:
    secret = signing_secret(shop.pk).signing_secret
    _, token = ApiToken.issue(name="healing", scopes=["backfill"], workspace=shop)
    file = tmp_path / "kept.sqlite3"
    settings = {
        "HAPP_SIGNING_SECRET": secret,
        "HAPP_API": f"{live_server.url}/api/v1/workspaces/{shop.pk}",
        "HAPP_TOKEN": token,
        "HAPP_EVENTS": str(file),
        "HEAL_SECONDS": "0.2",
    }
    sample = start("self_healing.py", **settings)
    first = connect(shop.pk, url=sample.url)
    record(shop, "chat_1", "chat_2")
    visits(first)
    disconnect(shop.pk)
    missed = record(shop, "chat_1", "chat_3")
    eventually(lambda: kept(file) == [1, 2, 3, 4])
    second = connect(shop.pk, url=sample.url)
    record(shop, "chat_1")
    visits(second)
    eventually(lambda: kept(file) == [1, 2, 3, 4, 5])
    assert len(missed) == 2


def kept(file: Path) -> list[int]:
    with sqlite3.connect(file, timeout=5) as database:
        return [row[0] for row in database.execute("SELECT sequence FROM event ORDER BY sequence")]


def test_samples_are_short() -> None:
    from deliveries.receiver_docs import folder

    long = {path.name for path in (folder() / "samples").iterdir() if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == {"n8n-workflow.json"} or long == set()
