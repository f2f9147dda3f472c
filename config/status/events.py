"""What comes in, goes out and waits."""

from collections.abc import Iterator, Sequence

from config.findings import Finding, State, ago, plural
from config.status.facts import Figures
from deliveries.flow import COUNTED, MINUTES
from deliveries.overdue import OVERDUE_SECONDS
from deliveries.own_fault import FEWEST_ENDPOINTS
from deliveries.platform import Waiting
from deliveries.wakes import FRESH, TROUBLED

#: As the alerts have it.
LATE_FRESH_SECONDS, LATE_TROUBLED_SECONDS = 60, 300


def events(figures: Figures) -> Iterator[Finding]:
    yield _minutes("Accepted", [minute.accepted for minute in figures.minutes])
    yield _minutes("Delivered", [minute.delivered for minute in figures.minutes])
    yield _waiting(figures.waiting)
    yield _late(figures.connections.oldest[FRESH])
    yield _late_retries(figures.connections.oldest[TROUBLED])
    yield _endpoints(*figures.endpoints)


def _minutes(name: str, counts: Sequence[int]) -> Finding:
    total = "More than " if COUNTED in counts else ""
    each = ", ".join(f"{count:,}" for count in counts)
    return Finding(
        name, "ok", f"{total}{plural(sum(counts), 'event')} in {MINUTES} minutes; by minute, the newest first: {each}."
    )


def _waiting(waiting: Waiting) -> Finding:
    if not waiting.count:
        return Finding("Waiting", "ok", "Nothing.")
    more = "More than " if waiting.capped else ""
    return Finding(
        "Waiting", "ok", f"{more}{plural(waiting.count, 'event')}, the oldest for {ago(waiting.oldest_seconds)}."
    )


def _late(seconds: float) -> Finding:
    if seconds < OVERDUE_SECONDS:
        return Finding("Overdue", "ok", "Nothing that could go waits for a worker.")
    state: State = "error" if seconds > LATE_FRESH_SECONDS else "warning"
    return Finding(
        "Overdue",
        state,
        f"What could go has waited {ago(seconds)} for a worker.",
        "Look at workers and broker first; if both are well there are too few workers, or the database is slow.",
        "HappDeliveriesOverdue",
        f"Events are late: what could go has waited {ago(seconds)} for a worker."
        if state == "error"
        else f"what could go has waited {ago(seconds)} for a worker",
    )


def _late_retries(seconds: float) -> Finding:
    if seconds <= LATE_TROUBLED_SECONDS:
        return Finding("Overdue retries", "ok", "None.")
    return Finding(
        "Overdue retries",
        "warning",
        f"Endpoints in trouble have waited {ago(seconds)} longer than their rules say.",
        "Look at beat and at the workers of the queue troubled; if both are well there are too few of these.",
        "HappRetriesOverdue",
        f"retries are {ago(seconds)} late",
    )


def _endpoints(tried: int, unreachable: int) -> Finding:
    if tried < FEWEST_ENDPOINTS or unreachable * 2 <= tried:
        return Finding("Endpoints", "ok", f"{unreachable:,} of {tried:,} tried in the last 75 s cannot be reached.")
    return Finding(
        "Endpoints",
        "error",
        f"{unreachable:,} of {tried:,} tried in the last 75 s cannot be reached, so our own network is suspected.",
        "Look at this platform's way out: name server, firewall, route.",
        "HappManyEndpointsFailing",
        f"Most endpoints cannot be reached ({unreachable:,} of {tried:,}): our own network is the likelier cause.",
    )
