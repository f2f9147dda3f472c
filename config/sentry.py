"""Sentry: errors alone, and of each one where it happened; nothing of what was handled there, as in config.reports."""

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

# What an event may have; of what else a version of the library adds, nothing goes out.
KEPT = ("event_id", "timestamp", "platform", "level", "logger", "environment", "release", "server_name", "sdk")
FRAME = (
    "filename",
    "abs_path",
    "module",
    "function",
    "lineno",
    "in_app",
    "pre_context",
    "context_line",
    "post_context",
)


def report_errors(dsn: str) -> None:
    """All that is logged as an error is reported. Django, Celery and the rest are not instrumented: they log."""
    sentry_sdk.init(
        dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR),
            AtexitIntegration(callback=lambda pending, timeout: None),
            DedupeIntegration(),
        ],
        before_send=scrubbed,
        before_breadcrumb=lambda crumb, hint: None,
        max_breadcrumbs=0,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        send_client_reports=False,
        auto_session_tracking=False,
    )


def scrubbed(event: Event, hint: Hint) -> Event:
    """Kinds and places. An error's own words may quote what a database or a client was given."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in KEPT}
    entry, exception = event.get("logentry"), event.get("exception")
    if entry:
        # As it is written in the code, without what was filled in.
        kept["logentry"] = {"message": entry.get("message", "")}
    if exception:
        kept["exception"] = {"values": [_exception(each) for each in exception["values"]]}
    return kept  # type: ignore[return-value]


def _exception(raised: dict[str, Any]) -> dict[str, Any]:
    frames = (raised.get("stacktrace") or {}).get("frames", [])
    kept = [{name: value for name, value in frame.items() if name in FRAME} for frame in frames]
    return {"type": raised.get("type"), "module": raised.get("module"), "stacktrace": {"frames": kept}}
