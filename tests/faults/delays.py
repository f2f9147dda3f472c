"""How long healthy endpoints wait for an event: alone, and beside sick ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from tests.faults.ledger import Ledger

Span = tuple[float, float]

# Generous: a shared machine's own moods must not count.
TIMES_ALONE, SMALL_MS = 4.0, 1000.0
# A run of single kinds of faults measures a few seconds, with the last fault still in them.
ENOUGH = 2000


@dataclass(frozen=True)
class Delays:
    """From the request to the ingest API until the arrival, in milliseconds."""

    events: int
    p50: float
    p99: float


def delays(ledger: Ledger, workspaces: Iterable[str], spans: Sequence[Span]) -> Delays:
    """Of the events of these workspaces that were sent in within one of the spans of monotonic time."""
    begin = min((start for start, _ in spans), default=0.0)
    waits = sorted(
        1000 * (ledger.first[event.id].at - event.asked_at)
        for workspace in workspaces
        # Newest first: they were sent in in order, and a lane is long.
        for event in takewhile(lambda event: event.asked_at >= begin, reversed(ledger.by_workspace.get(workspace, [])))
        if event.id in ledger.first and any(start <= event.asked_at < end for start, end in spans)
    )
    return Delays(len(waits), quantile(waits, 0.5), quantile(waits, 0.99))


def held_up(alone: Delays, beside: Delays) -> str:
    """Whether sick endpoints delay healthy ones, in words; nothing if they do not, or too few were measured."""
    limit = max(TIMES_ALONE * alone.p99, SMALL_MS)
    if beside.events < ENOUGH or beside.p99 <= limit:
        return ""
    return f"beside sick endpoints one of a hundred events waits {beside.p99:.0f} ms, more than {limit:.0f} ms"


def quantile(sorted_values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share does not exceed; not a number if there is none."""
    if not sorted_values:
        return float("nan")
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
