"""The status for programs: the same findings, and their figures as numbers."""

from typing import Any

from config.release import release
from config.status.facts import Facts, Figures
from config.status.status import Status


def document(status: Status, facts: Facts) -> dict[str, Any]:
    """What is not known, since the database is away or slow, is null."""
    return {
        "at": status.at.isoformat(timespec="seconds"),
        "state": status.state,
        "sentence": status.sentence,
        "release": release(),
        "broker_ms": facts.broker.ms,
        "database_ms": facts.database_ms,
        "migrations_lacking": None if facts.schema is None else list(facts.schema.missing),
        "figures": None if facts.figures is None else _figures(facts.figures),
        "findings": [
            {"name": each.name, "state": each.state, "says": each.says, "fix": each.fix, "runbook": each.page}
            for each in status.findings
        ],
    }


def _figures(figures: Figures) -> dict[str, Any]:
    """Of the platform; by minute the newest first."""
    tried, unreachable = figures.endpoints
    beat = figures.signs.beat
    return {
        "accepted": [minute.accepted for minute in figures.minutes],
        "delivered": [minute.delivered for minute in figures.minutes],
        "waiting": figures.waiting.count,
        "waiting_capped": figures.waiting.capped,
        "oldest_waiting_seconds": round(figures.waiting.oldest_seconds),
        "overdue_seconds": {queue: round(seconds) for queue, seconds in figures.connections.oldest.items()},
        "tried_endpoints": tried,
        "unreachable_endpoints": unreachable,
        "beat_seconds": None if beat is None else round(beat.seconds),
        "workers": [
            {"name": sign.name, "state": sign.state, "seconds": round(sign.seconds), "queues": list(sign.queues)}
            for sign in figures.signs.workers
        ],
    }
