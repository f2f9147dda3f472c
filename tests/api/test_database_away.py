"""The database may be away: nothing is accepted, everybody is told to come back, and nobody needs to restart us."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connection as database
from django.test import Client

from happ_webhooks.history.models import ChatEvent, Workspace
from tests import pooled
from tests.api.caller import answer, caller_with, event, problem

KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid = %s"
ASK = """
import django
django.setup()
from django.test import Client
for path in ("/livez", "/readyz", "/metrics", "/api/v1/workspaces/ws_1/events", "/api/schema/"):
    answer = Client(headers={"authorization": "Bearer happ_x"}).get(path, headers={"host": "localhost"})
    print(path, answer.status_code, answer["content-type"].partition(";")[0], answer.headers.get("retry-after"))
answer = Client(headers={"authorization": "Bearer happ_x", "host": "localhost"}).post(
    "/api/v1/workspaces/ws_1/events", {}, "application/json")
print(answer.status_code, answer.json()["code"])
"""


@pytest.fixture
def unavailable_port() -> Iterator[int]:
    with socket.socket() as taken:  # Bound and not listening: refused at once, and nobody else gets it.
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


@pytest.fixture(autouse=True)
def connection_is_new_afterwards(transactional_db: None) -> Iterator[None]:
    yield
    database.close()


def cut_off() -> None:
    """Ends our own database connection from the server's side, as a restart does."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone() or (0,)
    other = database.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(KILL, [pid])
    finally:
        other.close()


hidden = pytest.mark.skipif(pooled.is_pooled(), reason="PgBouncer hides a session that was cut between transactions.")


@hidden
def test_a_connection_that_was_cut_is_an_unavailable_and_the_next_request_works(workspace: Workspace) -> None:
    caller = caller_with(workspace)
    answer(caller.get("/events"))
    cut_off()

    response = caller.post("/events", event())

    assert problem(response, 503, "unavailable") == []
    assert response["retry-after"] == "5"
    assert problem(caller.post("/events", event()), 503, "unavailable") == []
    database.close()  # As the end of a real request does.
    assert not ChatEvent.objects.exists()
    assert answer(caller.post("/events", event()), 202)["accepted"][0]["sequence"] == 1


def test_a_connection_that_is_cut_between_numbering_and_recording_leaves_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = caller_with(workspace)
    answer(caller.post("/events", event()), 202)
    with monkeypatch.context() as patch:
        patch.setattr("deliveries.intake.values_of", lambda *_: cut_off())
        response = caller.post("/events", {"events": [event(), event()]})

    assert problem(response, 503, "unavailable") == []
    database.close()
    assert ChatEvent.objects.count() == 1
    assert answer(caller.post("/events", event()), 202)["accepted"][0]["sequence"] == 2


def test_without_any_database_every_door_says_so_at_once(unavailable_port: int) -> None:
    environment = os.environ | {
        "DATABASE_URL": f"postgres://happ:happ@127.0.0.1:{unavailable_port}/happ",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HAPP_PUBLIC_HOSTS": "localhost",
    }
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "/livez 200 text/plain None",
        "/readyz 503 text/plain None",
        "/metrics 200 text/plain None",
        "/api/v1/workspaces/ws_1/events 503 application/problem+json 5",
        "/api/schema/ 200 application/vnd.oai.openapi None",
        "503 unavailable",
    ], done.stderr


@hidden
def test_health_says_what_holds(workspace: Workspace) -> None:
    client = Client()
    assert [client.get(path).status_code for path in ("/livez", "/readyz", "/metrics")] == [200, 200, 200]
    cut_off()
    assert client.get("/livez").status_code == 200
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (503, b"the database is away\n")
    database.close()
    assert client.get("/readyz").status_code == 200
