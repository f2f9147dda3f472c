"""Connections whose courier died and that nobody took over."""

from collections.abc import Iterator

from config.doctor.asked import Asked
from config.findings import Finding, ago, plural
from config.status.events import events
from deliveries.overdue import orphans


def examine(asked: Asked) -> Iterator[Finding]:
    found = orphans()
    if not found.count:
        yield Finding("Leases", "ok", "None is held by nobody.")
        return
    yield Finding(
        "Leases",
        "error",
        f"{plural(found.count, 'lease')} of couriers that died, up to {ago(found.seconds)} ago, and nobody took over.",
        "Beat replaces such couriers within 3 s: start beat, and a worker that serves the queue control.",
        "HappDeliveriesOverdue",
    )


def what_waits(asked: Asked) -> Iterator[Finding]:
    if asked.facts.figures is not None:
        yield from events(asked.facts.figures)
