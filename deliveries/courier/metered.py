"""Counting what a recording brought: once for each, not for each event where it can be."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from deliveries.courier.keeping import Judged
from deliveries.courier.owed import Answer
from deliveries.metering import counted
from deliveries.metering.many import observe
from deliveries.models import Connection
from deliveries.standing import Standing, Verdict

_PHASES = ("dns", "connect", "tls", "first_byte")
_phases = {f"{name}_ms": counted.PHASE.labels(name) for name in _PHASES}
_arrival = {well: counted.ARRIVAL.labels("well" if well else "troubled") for well in (True, False)}


def meter(answers: Sequence[Answer], connection: Connection | None, judged: Sequence[Judged]) -> None:
    """What was sent, and what became of it. `connection`: its row before; None if nothing was judged."""
    # A folder that cannot be written to must not keep an event from going out.
    with suppress(OSError):
        _count_tries(answers)
        if connection is not None:
            _count_ends(connection, judged)


def _count_tries(answers: Sequence[Answer]) -> None:
    events = [answer.outcome for answer in answers if answer.owed is not None]
    pings = [answer.outcome for answer in answers if answer.owed is None]
    for counter, outcomes in ((counted.ATTEMPTS, events), (counted.PINGS, pings)):
        for label, count in Counter(map(counted.outcome_label, outcomes)).items():
            counter.labels(label).inc(count)
    observe(counted.ATTEMPT, [outcome.response_ms / 1000 for outcome in events])
    for column, phase in _phases.items():
        took = [getattr(outcome, column) for outcome in events]
        observe(phase, [ms / 1000 for ms in took if ms is not None])


def _count_ends(connection: Connection, judged: Sequence[Judged]) -> None:
    of_events = [(each.verdict, each.answer, each.standing) for each in judged if each.standing is not None]
    delivered = [(answer, standing) for verdict, answer, standing in of_events if verdict is Verdict.DELIVERED]
    dropped = sum(verdict is Verdict.DROP for verdict, _, _ in of_events)
    if delivered:
        counted.SETTLED.labels("delivered").inc(len(delivered))
        _count_arrivals(connection, delivered)
    if dropped:
        counted.SETTLED.labels("dropped").inc(dropped)
    if any(each.verdict is Verdict.STOP for each in judged):
        counted.STOPPED.labels(connection.close_reason).inc()


def _count_arrivals(connection: Connection, delivered: Sequence[tuple[Answer, Standing]]) -> None:
    seconds: dict[bool, list[float]] = {True: [], False: []}
    fails = connection.failures_in_row > 0 or connection.down_since is not None
    held_until = [moment for moment in (connection.heads_due_at, connection.paused_until) if moment is not None]
    for answer, standing in delivered:
        # Nothing of the endpoint's own held the event up, as far as its connection tells.
        well = standing.attempts == 1 and not fails and all(moment <= standing.recorded_at for moment in held_until)
        seconds[well].append(max(0.0, (answer.started_at - standing.recorded_at).total_seconds()))
    for well, histogram in _arrival.items():
        observe(histogram, seconds[well])
