"""Spans as a collector gets them: an event's ingest and attempts are one trace of ids and figures."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from config.spans import SpanHandler
from happ_webhooks.wire.envelope import new_event_id
from happ_webhooks.wire.trace import Caller, span_of, trace_of
from tests.config.collectors import Collector, collector
from tests.config.test_environment import start

CANARY = "canary-4711"
CALLER = Caller("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
BEGAN = datetime(2026, 5, 25, 11, 30, 7, 412000, UTC)
BEGAN_NS = 1779708607_412_000_000


@pytest.fixture
def taking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as it:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{it.url}")
        yield it


def spans(taking: Collector, *lines: tuple[str, dict[str, Any]]) -> list[Span]:
    """Those that the handler makes of these lines, as they arrive."""
    handler = SpanHandler()
    for message, fields in lines:
        handler.handle(logging.makeLogRecord({"msg": message, "started_at": BEGAN, "ms": 40, **fields}))
    handler.close()
    return received(taking)


def received(taking: Collector) -> list[Span]:
    requests = [ExportTraceServiceRequest.FromString(body) for body in taking.bodies]
    scopes = [scope for request in requests for whole in request.resource_spans for scope in whole.scope_spans]
    return [span for scope in scopes for span in scope.spans]


def attributes(span: Span) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def attempt(event_id: str, outcome: str = "delivered") -> tuple[str, dict[str, Any]]:
    told = {"event": event_id, "trace": trace_of(event_id), "attempt": 1, "outcome": outcome, "status_code": 200}
    return "attempt", {**told, "workspace": "ws_1", "generation": 2, "verdict": "delivered"}


def test_an_events_ingest_and_attempts_are_one_trace_linked_to_the_callers(taking: Collector) -> None:
    event_id = new_event_id()
    ingest = {"workspace": "ws_1", "event": event_id, "fresh": [event_id], "caller": CALLER}

    first, second = spans(taking, ("ingest", ingest), attempt(event_id))

    assert (first.name, second.name) == ("ingest", "attempt")
    assert first.trace_id.hex() == second.trace_id.hex() == trace_of(event_id)
    assert first.span_id.hex() == second.parent_span_id.hex() == span_of(event_id)
    assert first.parent_span_id == b""
    assert second.span_id not in {b"", first.span_id}
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in first.links] == [(CALLER.trace, CALLER.span)]
    assert {(span.start_time_unix_nano, span.end_time_unix_nano) for span in (first, second)} == {
        (BEGAN_NS, BEGAN_NS + 40_000_000)
    }
    assert attributes(first) == {"happ.workspace": "ws_1", "happ.event": event_id}
    assert attributes(second) == {
        "happ.workspace": "ws_1", "happ.generation": 2, "happ.event": event_id, "happ.attempt": 1,
        "happ.outcome": "delivered", "happ.verdict": "delivered", "happ.status_code": 200,
    }  # fmt: skip


def test_a_batch_has_a_span_for_each_event_that_is_new(taking: Collector) -> None:
    ids = [new_event_id() for _ in range(3)]

    made = spans(taking, ("ingest", {"workspace": "ws_1", "fresh": ids[1:]}))

    assert [span.trace_id.hex() for span in made] == [trace_of(each) for each in ids[1:]]
    assert [list(span.links) for span in made] == [[], []]


def test_a_failed_attempt_is_an_error_with_its_code(taking: Collector) -> None:
    [span] = spans(taking, attempt(new_event_id(), "TIMEOUT"))

    assert (span.status.code, span.status.message) == (2, "TIMEOUT")


def test_a_ping_and_other_lines_make_no_span(taking: Collector) -> None:
    assert spans(taking, ("ping", {"outcome": "HTTP_500"}), ("a wake was lost", {})) == []
    assert taking.bodies == []


def test_what_makes_no_span_harms_nobody(taking: Collector, capfd: pytest.CaptureFixture[str]) -> None:
    assert spans(taking, ("attempt", {"event": "no id", "trace": "none"})) == []
    assert "Logging error" in capfd.readouterr().err


def test_nothing_else_of_a_line_goes_out(taking: Collector) -> None:
    event_id = new_event_id()
    message, told = attempt(event_id)

    spans(taking, (message, {**told, "request": CANARY, "url": CANARY, "detail": CANARY}))

    assert CANARY.encode() not in b"".join(taking.bodies)
    assert CANARY not in "".join(taking.heads)
    assert taking.heads[0].startswith("/v1/traces ")


def test_it_is_off_unless_the_setting_is_given() -> None:
    ask = "import sys; from config.settings import LOGGING as log;"
    ask += "print(log['loggers']['deliveries'], 'opentelemetry.sdk' in sys.modules)"

    off, on = start("-c", ask), start("-c", ask, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")

    assert (off.stdout, off.stderr) == ("{'handlers': []} False\n", "")
    assert (on.stdout, on.stderr) == ("{'handlers': ['config.spans.SpanHandler']} True\n", "")


@pytest.mark.parametrize(
    ("setting", "package", "extra"),
    [("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry", "otel"), ("SENTRY_DSN", "sentry_sdk", "sentry")],
)
def test_a_missing_package_stops_the_start_and_says_how_to_install_it(setting: str, package: str, extra: str) -> None:
    without = f"import sys; sys.modules['{package}'] = None; import config.settings"

    started = start("-c", without, **{setting: "http://key@127.0.0.1:1/1"})

    assert started.returncode == 1
    install = f"pip install --require-hashes -r requirements/{extra}.txt"
    assert started.stderr == f"{setting} is set, but its packages are not installed: {install}\n"
