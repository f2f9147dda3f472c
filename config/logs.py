"""The form in which every process writes its log: lines for people, or JSON for machines, with the same fields.

The standard library's loggers stay what the code speaks to; structlog writes down what they bring.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import EventRenamer, JSONRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import Processor

FORMS: Final = ("console", "json")
LEVELS: Final = ("info", "warning", "error")

#: What goes out beside the message. What else libraries attach, such as a request or a task's arguments, does not.
FIELDS: Final = (
    "workspace",
    "generation",
    "event",
    "events",
    "trace",
    "caller_trace",
    "first_sequence",
    "last_sequence",
    "queued",
    "recorded",
    "duplicate",
    "attempt",
    "outcome",
    "status_code",
    "verdict",
    "method",
    "path",
    "status",
    "user",
    "token",
    "ms",
)

# What the lines of requests and attempts tell already, and who tried to sign in, which is told to nobody.
QUIET: Final = {
    "celery.app.trace": "WARNING",
    "celery.worker.strategy": "WARNING",
    "axes": "WARNING",
    "django.request": "ERROR",
    "django.security.DisallowedHost": "CRITICAL",
    "gunicorn.access": "CRITICAL",
}

# `event` is an event's id here, and structlog's word for the message.
_COMMON: Final[Sequence[Processor]] = (
    EventRenamer("message"),
    TimeStamper("iso", key="time"),
    add_log_level,
    add_logger_name,
    ExtraAdder(FIELDS),
    ProcessorFormatter.remove_processors_meta,
)
_LAST: Final[dict[str, Sequence[Processor]]] = {
    # The renderer's own choice would show the variables of every function.
    "console": (
        ConsoleRenderer(
            colors=False, pad_event_to=8, event_key="message", timestamp_key="time", exception_formatter=plain_traceback
        ),
    ),
    "json": (format_exc_info, JSONRenderer()),
}


class WithoutRequest(logging.Filter):
    """Gunicorn quotes what it could not read, such as a query or a secret header. That it could not is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        if text.startswith("Invalid request"):
            record.msg, record.args = "A request that is no HTTP was refused.", ()
        elif text.startswith("Error handling request"):
            record.msg, record.args = "An error of ours kept a request from being answered.", ()
        return True


def logging_of(form: str, level: str, extra_handlers: Sequence[str] = ()) -> dict[str, Any]:
    """LOGGING for one of FORMS and of LEVELS; `extra_handlers` are classes that get what the engine tells."""
    more = {name: {"class": name} for name in extra_handlers}
    quiet: dict[str, Any] = {name: {"level": quiet} for name, quiet in QUIET.items()}
    # The handler's too, for loggers with a level of their own, as gunicorn's.
    stderr = {"class": "config.stderr.StderrHandler", "formatter": "line", "level": level.upper()}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": ProcessorFormatter, "processors": [*_COMMON, *_LAST[form]]}},
        "filters": {"without_request": {"()": WithoutRequest}},
        "handlers": {"stderr": stderr, **more},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            **quiet,
            "deliveries": {"handlers": list(more)},
            "gunicorn.error": {"handlers": ["stderr"], "filters": ["without_request"], "propagate": False},
        },
    }
