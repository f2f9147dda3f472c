"""The line of the log for each attempt, once its recording is committed: ids and figures, nothing that was said."""

import logging
from collections.abc import Sequence
from typing import Any

from deliveries.courier.keeping import Judged
from deliveries.models import Connection
from happ_webhooks.wire.trace import trace_of

log = logging.getLogger("deliveries.attempts")


def log_attempts(connection: Connection, judged: Sequence[Judged], *, late: bool) -> None:
    """`late`: the connection closed while they were on the wire. Asked of a log that does not want it, free.

    All but the last say that more follows, so that they can be written at once: each write waits for the interpreter.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    of_all = {"workspace": connection.workspace_id, "generation": connection.number}
    for left, each in zip(range(len(judged), 0, -1), judged, strict=True):
        extra = {**of_all, **_fields(each, late=late), "more_follows": left > 1}
        log.info("attempt" if each.answer.owed else "ping", extra=extra)


def _fields(judged: Judged, *, late: bool) -> dict[str, Any]:
    answer, owed, standing = judged.answer, judged.answer.owed, judged.standing
    fields = {
        "outcome": answer.outcome.error or "delivered",
        "status_code": answer.outcome.status_code,
        "verdict": "late" if late else judged.verdict.value,
        "ms": answer.outcome.response_ms,
        # Not written, but told to who makes spans of these.
        "started_at": answer.started_at,
    }
    if owed is None or standing is None:
        return fields
    return {**fields, "event": owed.event_id, "attempt": standing.attempts, "trace": trace_of(owed.event_id)}
