"""/metrics as Prometheus finds it: with real processes, and for nobody outside."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client.parser import text_string_to_metric_families

from config.celery import app
from deliveries import exposition, gauges
from deliveries.metering import folder
from deliveries.models import Connection, Heartbeat
from happ_webhooks.history.models import ApiToken, Workspace
from tests.api.caller import caller_with, event, problem
from tests.config.test_alerts import named
from tests.conftest import connect
from tests.counts import Counting
from tests.processes import CHECKOUT, Processes, eventually
from tests.receiver import Receiver

Told = dict[str, float]


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    exposition.forget()
    yield
    exposition.forget()


def parsed(text: str) -> Told:
    return {
        sample.name + (f"{{{','.join(sample.labels.values())}}}" if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


@pytest.fixture
def processes(tmp_path: Path, transactional_db: None) -> Iterator[Processes]:
    started = Processes(tmp_path)
    yield started
    started.close()
    Connection.objects.update(closed_at=Now(), settled_at=Now())


def database_url() -> str:
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database.settings_dict)


def text_of(processes: Processes) -> str:
    with urlopen(processes.site + "/metrics") as found:
        return str(found.read().decode())


def scrape(processes: Processes) -> Told:
    return parsed(text_of(processes))


def says(processes: Processes, workspace: Workspace, count: int) -> None:
    """Events to web, a request each: both of its processes get some."""
    _, token = ApiToken.issue(name="test", scopes=["ingest"], workspace=workspace)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for _ in range(count):
        body = json.dumps(event()).encode()
        urlopen(Request(f"{processes.site}/api/v1/workspaces/{workspace.pk}/events", body, headers)).read()


OF_20_EVENTS = {
    "happ_accepted_events_total{queued}": 20,
    "happ_settled_deliveries_total{delivered}": 20,
    "happ_attempts_total{2xx}": 20,
    "happ_attempt_seconds_count": 20,
    "happ_arrival_seconds_count{well}": 20,
    "happ_pending_deliveries": 0,
}


def test_web_tells_what_all_processes_counted_and_forgets_nothing_when_they_die(
    processes: Processes, workspace: Workspace, receiver: Receiver
) -> None:
    connect(workspace, receiver.url)
    processes.start("web", "worker", "troubled")
    eventually(lambda: Heartbeat.objects.count() == 2)
    says(processes, workspace, 20)
    # One after the other is counted, and a scrape may come in between.
    eventually(lambda: {name: scrape(processes).get(name) for name in OF_20_EVENTS} == OF_20_EVENTS)
    found = scrape(processes)
    assert found["happ_sent_wakes_total{fresh}"] >= 1
    assert [found[f"happ_queue_workers{{{queue}}}"] for queue in ("fresh", "troubled", "control")] == [1, 1, 2]

    processes.kill("web", "troubled")
    processes.kill("worker", how=signal.SIGTERM)
    processes.start("web")

    found = scrape(processes)
    assert found["happ_accepted_events_total{queued}"] == found["happ_attempts_total{2xx}"] == 20
    assert [found[f"happ_queue_workers{{{queue}}}"] for queue in ("fresh", "troubled")] == [0, 1]


def test_alerts_dashboard_and_pages_speak_of_what_a_running_product_tells_and_the_table_has_all_of_it(
    processes: Processes,
) -> None:
    processes.start("web")
    families = list(text_string_to_metric_families(text_of(processes)))
    told = {sample.name for family in families for sample in family.samples}
    assert {where: names - told for where, names in named().items()} == {
        "alerts": set(),
        "dashboard": set(),
        "pages": set(),
    }
    totals = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    table = (CHECKOUT / "docs/ops/metrics.md").read_text()
    assert set(re.findall(r"^\| `(happ_[a-z_]+)`", table, re.MULTILINE)) == totals


def test_a_host_without_web_tells_the_same_by_a_command(tmp_path: Path, workspace: Workspace) -> None:
    variables = {**os.environ, "DATABASE_URL": database_url(), folder.VARIABLE: str(tmp_path / "metrics")}
    command = [sys.executable, "manage.py", "metrics", "--port", "0"]
    exporter = subprocess.Popen(command, cwd=CHECKOUT, env=variables, stdout=subprocess.PIPE, text=True)
    try:
        assert exporter.stdout is not None
        address = exporter.stdout.readline().strip()
        with urlopen(address) as found:
            told = parsed(found.read().decode())
        assert told["happ_database_up"] == 1
        assert told["happ_accepted_events_total{queued}"] == 0
        with pytest.raises(HTTPError, match="404"):
            urlopen(address.replace("/metrics", "/"))
    finally:
        exporter.kill()
        exporter.communicate()


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_what_came_through_a_proxy_finds_nothing(header: str) -> None:
    assert Client().get("/metrics").status_code == 200
    assert Client().get("/metrics", headers={header: "for=203.0.113.7"}).status_code == 404


@pytest.mark.django_db
def test_without_a_folder_the_database_alone_is_told() -> None:
    told = parsed(Client().get("/metrics").content.decode())
    assert told["happ_database_up"] == 1
    assert {name.partition("{")[0] for name in told} == {family.name for family in gauges.read()}


def test_who_asks_again_at_once_costs_the_database_nothing(transactional_db: None) -> None:
    exposition.exposition()
    with CaptureQueriesContext(database) as captured:
        assert exposition.exposition().startswith(b"# HELP happ_database_up")
    assert len(captured) == 0


def test_a_refusal_for_want_of_the_database_is_counted(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    caller = caller_with(workspace)
    monkeypatch.setattr("deliveries.intake.number_events", away)
    counts = Counting()
    problem(caller.post("/events", event()), 503, "unavailable")
    assert counts.changes() == {"happ_database_errors_total{web}": 1}


def test_every_try_to_reach_a_broker_that_is_away_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    told: list[float] = []
    counts = Counting()
    with app.connection_for_read("redis://127.0.0.1:1/0") as connection, pytest.raises(BrokerError):
        connection.ensure_connection(lambda problem, wait: told.append(wait), 3)
    assert counts.changes() == {"happ_broker_errors_total{connection}": len(told)}
    assert len(told) >= 3


def test_a_folder_that_cannot_be_written_to_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    variables = {**os.environ, folder.VARIABLE: str(tmp_path / "file")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=CHECKOUT, env=variables, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "PROMETHEUS_MULTIPROC_DIR must be a folder, or a place where one can be made.\n"
