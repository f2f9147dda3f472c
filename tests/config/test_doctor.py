"""The doctor looks at installations that are broken for real, and says what is wrong and what to fix."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from celery import current_app
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.db import connection as database
from django.db.models.functions import Now
from django.test import override_settings

from config.doctor import egress
from config.probes.broker import Broker, Queue
from deliveries import heartbeats, sending
from deliveries.courier.lease import take
from deliveries.models import Connection, Heartbeat
from deliveries.sealing import seal
from happ_webhooks.history.models import Workspace
from integrations.signing import signing_secret
from tests import pooled
from tests.broker import is_redis
from tests.config.test_status import broker_at, closed_port, database_at, everybody_at_work, migrations
from tests.conftest import connect, record
from tests.counts import Counting
from tests.processes import CHECKOUT, Processes, eventually
from tests.receiver import Receiver

__all__ = ["closed_port", "everybody_at_work", "migrations"]

Told = tuple[str, str, str]
START_AGAIN = (
    "Start it again, empty or not: nothing has to be restarted with it. Else look at REDIS_URL and the way there."
)


@pytest.fixture(autouse=True)
def own_database(transactional_db: None) -> None:
    """The looks are taken by threads, which see only what is committed."""


def examined(*arguments: str) -> tuple[int, list[dict[str, str]]]:
    """The exit code and the findings."""
    out, code = StringIO(), 0
    try:
        call_command("doctor", "--json", *arguments, stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    document = json.loads(out.getvalue())
    assert (document["state"] == "error") == (code == 1)
    return code, document["findings"]


def told(name: str, *arguments: str) -> list[Told]:
    """State, what is wrong and what to fix, of the findings of this name."""
    found = [each for each in examined(*arguments)[1] if each["name"] == name]
    return [(each["state"], each["says"], each["fix"]) for each in found]


def test_an_installation_at_work_has_no_error(tmp_path: Path, workspace: Workspace) -> None:
    processes = Processes(tmp_path)
    try:
        processes.start("worker", "troubled", "beat")
        eventually(lambda: Heartbeat.objects.count() == 3, 60)
        code, findings = examined()
    finally:
        processes.close()
    assert code == 0
    states = {each["name"]: each["state"] for each in findings if each["state"] != "ok"}
    # As the tests are run: no PROMETHEUS_MULTIPROC_DIR, private targets, and sessions that may be silent for long.
    # Behind a pooler their role forbids them that.
    silent = {} if pooled.is_pooled() else {"PostgreSQL": "warning"}
    assert states == {"Settings": "warning", "Egress guard": "warning", **silent}
    assert {each["name"] for each in findings} >= {"Queue fresh", "Queue troubled", "Queue control", "Beat", "Leases"}


def test_secrets_that_no_key_opens(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(workspace, "https://crm.example.com/happ", password="demo")
    signing_secret(workspace.pk)
    assert told("Keys") == [("ok", "The newest of 1 key opens 3 sealed secrets.", "")]
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", [Fernet.generate_key().decode()])
    counts = Counting()
    assert told("Keys") == [
        (
            "error",
            "3 of 3 sealed secrets tried open with none of HAPP_ENCRYPTION_KEYS.",
            "Put back the key that sealed them, behind the others, for every program. Keep the rest.",
        )
    ]
    assert counts.changes() == {}


def test_secrets_that_an_older_key_opens(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(workspace, "https://crm.example.com/happ", password="demo")
    keys = [Fernet.generate_key().decode(), *settings.HAPP_ENCRYPTION_KEYS]
    monkeypatch.setattr(settings, "HAPP_ENCRYPTION_KEYS", keys)
    Connection.objects.update(password=seal("demo"))
    assert told("Keys") == [
        (
            "warning",
            "1 of 2 sealed secrets tried open with an older key only.",
            "When all programs run with the newest key: python manage.py rotate_encryption_keys",
        )
    ]


@pytest.fixture
def two_messages() -> Iterator[None]:
    """Nobody takes them from the queue fresh."""
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.queue_purge("fresh")
        for _ in range(2):
            current_app.send_task("deliveries.deliver", (0,), queue="fresh", connection=connection)
        yield
        channel.queue_purge("fresh")


@pytest.mark.usefixtures("two_messages")
def test_a_queue_with_messages_and_nobody_who_takes_them() -> None:
    assert told("Queue fresh") == [
        (
            "error",
            "No worker serves it. 2 messages in it.",
            "Start the Procfile's worker, and find out why it was not running.",
        )
    ]


@pytest.mark.skipif(not is_redis(), reason="RabbitMQ knows that nobody takes from it, whatever signs of life say.")
@pytest.mark.usefixtures("everybody_at_work", "two_messages")
def test_a_queue_with_messages_that_a_worker_serves_is_well() -> None:
    [(state, says, _)] = told("Queue fresh")
    assert (state, says.partition(", ")[0], says[-18:]) == ("ok", "1 worker", " 2 messages in it.")


@pytest.mark.usefixtures("everybody_at_work")
def test_workers_that_show_life_and_take_nothing_from_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """RabbitMQ knows who takes from a queue; Redis does not."""
    at_broker = Broker(ms=3, queues={"fresh": Queue(2, 0), "troubled": Queue(0, 1), "control": Queue(0, 2)})
    monkeypatch.setattr("config.probes.broker.look", lambda **_: at_broker)
    assert told("Queue fresh") == [
        (
            "error",
            "Nobody takes from it at the broker, though workers show life. 2 messages in it.",
            "Restart the Procfile's worker, with the REDIS_URL that this command has.",
        )
    ]
    assert told("Queue control")[0][0] == "ok"


@pytest.mark.usefixtures("everybody_at_work")
def test_a_broker_that_is_away(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_at(closed_port, monkeypatch)
    assert told("Broker") == [
        (
            "error",
            "It does not answer (ConnectionError).",
            START_AGAIN,
        )
    ]
    assert told("Queue fresh")[0][0] == "ok"


@pytest.mark.usefixtures("everybody_at_work")
def test_a_database_that_is_away(closed_port: int) -> None:
    with database_at(closed_port):
        code, findings = examined()
    said = {each["name"]: each["says"] for each in findings if each["state"] != "ok"}
    assert code == 1
    assert said["Database"] == "It does not answer (nothing listens there)."
    assert said["Not checked"] == "PostgreSQL, Clock, Schema, Keys, Leases, Events."
    assert [each["state"] for each in findings if each["name"] == "Broker"] == ["ok"]


@pytest.mark.usefixtures("everybody_at_work")
def test_a_lease_that_nobody_holds(workspace: Workspace) -> None:
    connection = connect(workspace, "https://crm.example.com/happ")
    record(workspace, "chat_1")
    assert take(connection.pk) is not None
    assert told("Leases") == [("ok", "None is held by nobody.", "")]
    Connection.objects.update(lease_until=Now() - timedelta(minutes=5))
    assert told("Leases") == [
        (
            "error",
            "1 lease of couriers that died, up to 5 min ago, and nobody took over.",
            "Beat replaces such couriers within 3 s: start beat, and a worker that serves the queue control.",
        )
    ]
    assert told("Overdue")[0][:2] == ("error", "What could go has waited 5 min for a worker.")


@pytest.mark.usefixtures("everybody_at_work", "migrations")
def test_a_migration_that_is_not_applied() -> None:
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0003_an_integration_for_every_workspace'")
    assert told("Schema") == [
        (
            "error",
            "It lacks 1 migration of this release: integrations.0003_an_integration_for_every_workspace.",
            "Run: python manage.py migrate --noinput",
        )
    ]


def test_an_index_that_was_broken_off() -> None:
    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE twice AS SELECT 1 AS n UNION ALL SELECT 1")
        try:
            with pytest.raises(Exception, match="twice_n"):
                cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY twice_n ON twice (n)")
            assert told("Schema")[1] == (
                "warning",
                "The index twice_n is not used: it was broken off, or is being built.",
                "If no migration runs: DROP INDEX CONCURRENTLY twice_n; and run migrate again.",
            )
        finally:
            cursor.execute("DROP TABLE twice")


@pytest.mark.parametrize(
    ("ahead", "state", "says"),
    [
        (5, "warning", "This host's is 5 s ahead of the database's."),
        (-300, "error", "This host's is 300 s behind the database's."),
    ],
)
def test_a_clock_of_this_host_that_is_off(ahead: int, state: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = time.time
    monkeypatch.setattr("config.doctor.clock.time.time", lambda: right() + ahead)
    fix = "Let both hosts take their time from NTP: timedatectl says whether they do."
    assert told("Clock") == [(state, says, fix)]


@pytest.mark.usefixtures("everybody_at_work")
def test_a_clock_of_the_database_that_went_back() -> None:
    Heartbeat.objects.filter(pk=heartbeats.BEAT).update(seen_at=Now() + timedelta(minutes=10))
    assert told("Clock") == [
        ("ok", "This host's is within 1 s of the database's.", ""),
        (
            "error",
            "The database's clock says that beat was heard 10 min from now: it went back.",
            "Set the clock of the database's host right; until it has caught up leases and waits of before hold on.",
        ),
    ]


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sender as in production."""
    monkeypatch.setattr(settings, "HAPP_ALLOW_PRIVATE_TARGETS", False)
    sending.sender.cache_clear()
    yield
    sending.sender.cache_clear()


@pytest.mark.usefixtures("guarded")
def test_the_guard_refuses_what_leads_inward() -> None:
    assert told("Egress guard") == [("ok", "It refused 9 addresses and 3 names that lead inward.", "")]


@pytest.mark.usefixtures("guarded")
def test_a_guard_that_lets_loopback_through(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "INNER", (f"https://127.0.0.1:{closed_port}/",))
    monkeypatch.setattr(egress, "ANSWERS", ("127.0.0.1",))
    monkeypatch.setattr("happ_webhooks.wire.target.is_public", lambda address: True)
    monkeypatch.setattr("happ_webhooks.wire.resolver.is_public", lambda address: True)
    assert told("Egress guard") == [
        (
            "error",
            f"It lets requests through to https://127.0.0.1:{closed_port}/, a name that leads to 127.0.0.1.",
            "Stop the workers: this release must not send. Go back to the one before.",
        )
    ]


def test_a_receiver_is_reached_or_not(receiver: Receiver, closed_port: int) -> None:
    name = "Reach 127.0.0.1"
    [(state, says, _)] = told(name, "--reach", f"{receiver.url}?token=hidden")
    assert (state, says[:16]) == ("ok", "It answered 200 ")
    assert [arrival.event["workspace_id"] for arrival in receiver.arrivals] == ["ws_doctor"]
    assert receiver.arrivals[0].is_ping
    receiver.script = lambda arrival: 401
    [(state, says, fix)] = told(name, "--reach", receiver.url)
    assert (state, says[:35], fix) == (
        "warning",
        "It was reached, and answered 401 in",
        "The way out is well: look at the receiver.",
    )
    [(state, says, fix)] = told(name, "--reach", f"http://127.0.0.1:{closed_port}/")
    assert (state, says.partition(" after")[0]) == ("error", "REFUSED")
    assert fix == "Is this host let out? Look at its firewall, route and NAT."


@contextmanager
def proxy(site: str) -> Iterator[str]:
    """Passes requests on as a proxy does, and says for whom."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            connection = HTTPConnection(urlsplit(site).netloc)
            connection.request("GET", self.path, headers={"X-Forwarded-For": "203.0.113.7"})
            status = connection.getresponse().status
            connection.close()
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_site_is_reached_from_outside_and_keeps_to_itself_what_is_for_inside(
    tmp_path: Path, closed_port: int
) -> None:
    processes = Processes(tmp_path)
    name, fix = (
        "Public 127.0.0.1",
        "Let the proxy set X-Forwarded-For on every request, and deny the path there as well.",
    )
    try:
        processes.start("web")
        eventually(lambda: requests.get(f"{processes.site}/livez", timeout=20).ok)
        with proxy(processes.site) as outside:
            assert told(name, "--public", outside) == [
                ("ok", "It answers, and /metrics and /status are not to be had.", "")
            ]
        assert told(name, "--public", processes.site) == [
            ("error", "/metrics is open to everybody.", fix),
            ("error", "/status is open to everybody.", fix),
        ]
    finally:
        processes.close()
    assert told(name, "--public", f"http://127.0.0.1:{closed_port}") == [
        ("error", "It is not reached: ConnectionRefusedError.", "Look at its name, its proxy and TLS.")
    ]
    assert told("Public", "--public") == [
        ("warning", "HAPP_PUBLIC_HOSTS has no public name to try.", "Name one: --public URL")
    ]


def test_static_files_of_another_release(tmp_path: Path) -> None:
    assert told("Static files") == [("ok", "None are collected: web serves them from the packages.", "")]
    with override_settings(STATIC_ROOT=tmp_path):
        call_command("collectstatic", "--noinput", verbosity=0)
        assert told("Static files") == [("ok", "Those collected are those of this release.", "")]
        (tmp_path / "happ" / "happ.css").write_text("/* old */")
        (tmp_path / "happ" / "log.css").unlink()
        assert told("Static files") == [
            (
                "warning",
                "2 collected files of another release, or missing.",
                "Run: python manage.py collectstatic --noinput",
            )
        ]


def test_a_folder_to_write_to_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "gone"))
    assert told("Room") == [
        ("error", "The folder of PROMETHEUS_MULTIPROC_DIR cannot be used: No such file or directory.", "Make it.")
    ]


def test_settings_that_are_well_formed_and_not_fit_for_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HAPP_PRODUCTION", True)
    monkeypatch.setattr(settings, "HAPP_PUBLIC_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    monkeypatch.setattr(settings, "HAPP_DEADLINE_SECONDS", 7.5)
    monkeypatch.setattr(settings, "PROMETHEUS_MULTIPROC_DIR", "/")
    assert [(state, says) for state, says, _ in told("Settings")] == [
        (
            "warning",
            "HAPP_PROXIES is 0: behind a proxy all who sign in have one address, and a stranger can lock them out.",
        ),
        ("error", "HAPP_PUBLIC_HOSTS has no name of the site, so that web answers 400 to everybody from outside."),
        ("warning", "A POST may take 7.5 s, and customers are promised 5."),
    ]
    assert told("Check happ.E001") == [("error", "HAPP_ALLOW_PRIVATE_TARGETS must be 0 in production.", "Unset it.")]
    assert told("Egress guard")[0][0] == "error"


def test_the_command_prints_lines_for_people_and_no_secret(closed_port: int) -> None:
    secret = {
        "DATABASE_URL": f"postgres://happ:geheim@127.0.0.1:{closed_port}/happ",
        "REDIS_URL": f"redis://:geheim@127.0.0.1:{closed_port}/0",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--reach", f"http://127.0.0.1:{closed_port}/geheim"],
        cwd=CHECKOUT,
        env={**os.environ, **secret},
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert "error    Database           It does not answer (nothing listens there)." in lines
    of_broker = lines.index("error    Broker             It does not answer (ConnectionError).")
    assert lines[of_broker + 2].strip() == "-> docs/ops/alerts/HappBrokerErrors.md"
    assert lines[-1] == "3 errors, 4 warnings."
    for hidden in ("geheim", *settings.HAPP_ENCRYPTION_KEYS, settings.SECRET_KEY):
        assert hidden not in done.stdout
