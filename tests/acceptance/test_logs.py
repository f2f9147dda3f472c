"""The logs of real processes: JSON to the last line, one trace from ingest to attempt, and nothing hidden."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models.functions import Now

from config.demo.client import call
from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import ApiToken, Workspace
from happ_webhooks.wire.trace import trace_of
from tests.api.caller import EVERY_SCOPE, event
from tests.config.collectors import Collector, collector
from tests.config.test_spans import received
from tests.conftest import connect
from tests.processes import Processes, eventually
from tests.receiver import Receiver

pytestmark = [pytest.mark.xdist_group("acceptance"), pytest.mark.timeout(180)]

# What Celery prints past every log when it is asked to end.
FAREWELL = ("", "worker: Warm shutdown (MainProcess)")
CONTENT, PASSWORD, QUERY = "kanareyka-zmist-7f3a", "kanareyka-parol-9c1e", "kanareyka-query-22d0"


@pytest.fixture
def taking() -> Iterator[Collector]:
    with collector() as it:
        yield it


@pytest.fixture
def running(
    transactional_db: None,
    taking: Collector,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Processes]:
    monkeypatch.setenv("HAPP_LOG_FORMAT", "json")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{taking.url}")
    processes = Processes(tmp_path_factory.mktemp("logs"))
    try:
        processes.start("web", "worker", "troubled", "beat")
        yield processes
        Connection.objects.update(closed_at=Now(), settled_at=Now())
    finally:
        processes.close()


def lines(running: Processes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.log.read_text().splitlines() if line not in FAREWELL]


def said_raw(site: str, words: str) -> None:
    """What is no HTTP: gunicorn answers it by itself."""
    with socket.create_connection((urlsplit(site).hostname, urlsplit(site).port), timeout=20) as connection:
        connection.sendall(words.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 4")


def test_an_event_is_followed_from_ingest_to_its_attempts(
    running: Processes, taking: Collector, receiver: Receiver
) -> None:
    shop = Workspace.objects.create(name="Shop")
    token = ApiToken.issue(name="shop", scopes=EVERY_SCOPE, workspace=shop)[1]
    answers = iter([500, 200])
    receiver.script = lambda arrival: next(answers)
    connect(shop, f"{receiver.url}?key={QUERY}", PASSWORD)
    events = f"{running.site}/api/v1/workspaces/{shop.pk}/events"
    body = event(data={"message": {"text": CONTENT}, "sender": {"name": CONTENT}})

    [accepted] = call("POST", f"{events}", body, token=token, timeout=60).body["accepted"]
    assert call("GET", f"{events}?q={QUERY}", token=token).status == 422
    said_raw(running.site, f"GET /?{QUERY} HTTP/7\r\n\r\n")
    said_raw(running.site, f"GET / HTTP/1.1\r\nhost: localhost\r\nauthorization : {PASSWORD}\r\n\r\n")
    eventually(lambda: Delivery.objects.filter(status="delivered").exists(), 60)
    eventually(lambda: sum(line.get("event") == accepted["id"] for line in lines(running)) == 3, 20)
    running.kill(how=15)

    own = [line for line in lines(running) if line.get("event") == accepted["id"]]
    assert {line["trace"] for line in own} == {trace_of(accepted["id"])}
    told = [(line["message"], line.get("attempt"), line.get("outcome")) for line in own]
    assert told == [("ingest", None, None), ("attempt", 1, "HTTP_500"), ("attempt", 2, "delivered")]
    assert {line["workspace"] for line in own} == {shop.pk}
    requests = [line for line in lines(running) if line["message"] == "request"]
    assert [(line["method"], line["status"]) for line in requests] == [("POST", 202), ("GET", 422)]
    assert requests[0]["trace"] == own[0]["caller_trace"]
    assert sum(line["message"] == "A request that is no HTTP was refused." for line in lines(running)) == 2
    assert {line["logger"] for line in lines(running)} >= {"gunicorn.error", "celery.apps.worker", "celery.beat"}

    log = running.log.read_bytes()
    secret = token.encode()
    assert [each for each in (CONTENT.encode(), PASSWORD.encode(), QUERY.encode(), secret) if each in log] == []

    # The same, as spans: each process sent its own before it ended.
    spans = received(taking)
    assert sorted(span.name for span in spans) == ["attempt", "attempt", "ingest"]
    assert {span.trace_id.hex() for span in spans} == {trace_of(accepted["id"])}
    everything = b"".join(taking.bodies) + "".join(taking.heads).encode()
    assert [each for each in (CONTENT, PASSWORD, QUERY, token) if each.encode() in everything] == []
