"""OpenTelemetry: what the log tells of ingest and attempts, as spans, and so nothing that the log does not tell.

All spans of an event are one trace, by its own id: that of its ingest, linked to the caller's, and below it one for
each attempt. The standard variables of OpenTelemetry set where they go and how.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from config import environment
from happ_webhooks.wire.trace import Caller, span_of, trace_of

# Seconds; also what a process that ends waits at most for a collector that is away.
TIMEOUT = environment.seconds("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
SERVICE = "happ-chat-webhook"
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
ATTRIBUTES = ("workspace", "generation", "event", "attempt", "outcome", "verdict", "status_code")


class EventIds(IdGenerator):
    """An event's own ids for the span of its ingest; any for others."""

    def __init__(self) -> None:
        self.event_id: str | None = None
        self._any = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        return int(trace_of(self.event_id), 16) if self.event_id else self._any.generate_trace_id()

    def generate_span_id(self) -> int:
        return int(span_of(self.event_id), 16) if self.event_id else self._any.generate_span_id()


class SpanHandler(logging.Handler):
    """Makes spans of the engine's lines; the exporter has a thread of its own."""

    @cached_property
    def _provider(self) -> TracerProvider:
        """Made with the first span, since a process that forks afterwards would leave the exporter's thread behind."""
        named = Resource({SERVICE_NAME: SERVICE}).merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=named, id_generator=self._ids, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=TIMEOUT)))
        return provider

    @cached_property
    def _ids(self) -> EventIds:
        return EventIds()

    @cached_property
    def _tracer(self) -> Tracer:
        return self._provider.get_tracer("deliveries")

    def emit(self, record: logging.LogRecord) -> None:
        """Under the handler's lock, so that an event's ids go to its own span. Never raises: a courier waits for it."""
        try:
            self._make(record.getMessage(), vars(record))
        except Exception:
            self.handleError(record)

    def _make(self, message: str, told: dict[str, Any]) -> None:
        if message == "ingest":
            for event_id in told["fresh"]:
                self._ingest(event_id, told)
        elif message == "attempt":
            self._attempt(told)

    def _ingest(self, event_id: str, told: dict[str, Any]) -> None:
        self._ids.event_id = event_id
        try:
            self._span("ingest", {**told, "event": event_id}, Context(), SpanKind.SERVER, links_to(told.get("caller")))
        finally:
            self._ids.event_id = None

    def _attempt(self, told: dict[str, Any]) -> None:
        accepted = SpanContext(
            int(told["trace"], 16), int(span_of(told["event"]), 16), is_remote=True, trace_flags=SAMPLED
        )
        context = set_span_in_context(NonRecordingSpan(accepted), Context())
        self._span("attempt", told, context, SpanKind.CLIENT, [])

    def _span(self, name: str, told: dict[str, Any], context: Context, kind: SpanKind, links: Iterable[Link]) -> None:
        attributes = {f"happ.{field}": told[field] for field in ATTRIBUTES if told.get(field) is not None}
        began = nanoseconds(told["started_at"])
        span = self._tracer.start_span(name, context, kind, attributes, list(links), began)
        if told.get("outcome", "delivered") != "delivered":
            span.set_status(Status(StatusCode.ERROR, told["outcome"]))
        span.end(began + told["ms"] * 1_000_000)

    def close(self) -> None:
        """At the end of the process: what waits is sent."""
        if "_provider" in vars(self):
            self._provider.shutdown()
        super().close()


def links_to(caller: Caller | None) -> list[Link]:
    if caller is None:
        return []
    return [Link(SpanContext(int(caller.trace, 16), int(caller.span, 16), is_remote=True, trace_flags=SAMPLED))]


def nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000) * 1000
