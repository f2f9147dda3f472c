"""All checks, in the order in which what is wrong is best mended. None of them stops the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import Error as DatabaseError

from config.doctor import (
    choices,
    clock,
    database,
    egress,
    keys,
    leases,
    public,
    queues,
    reach,
    room,
    schema,
    static,
    system,
)
from config.doctor.asked import Asked
from config.findings import Finding


@dataclass(frozen=True)
class Check:
    """`asks_database`: without one it cannot be made."""

    name: str
    examine: Callable[[Asked], Iterator[Finding]]
    asks_database: bool = False


CHECKS: Final = (
    Check("Checks", system.examine),
    Check("Settings", choices.examine),
    Check("Database", database.answers),
    Check("PostgreSQL", database.examine, asks_database=True),
    Check("Clock", clock.examine, asks_database=True),
    Check("Schema", schema.examine, asks_database=True),
    Check("Keys", keys.examine, asks_database=True),
    Check("Queues", queues.examine),
    Check("Leases", leases.examine, asks_database=True),
    Check("Events", leases.what_waits, asks_database=True),
    Check("Egress guard", egress.examine),
    Check("Reach", reach.examine),
    Check("Public", public.examine),
    Check("Static files", static.examine),
    Check("Room", room.examine),
)


def examine(asked: Asked) -> Iterator[Finding]:
    left_out = [check.name for check in CHECKS if check.asks_database and asked.facts.database_ms is None]
    for check in CHECKS:
        if check.name not in left_out:
            yield from _made(check, asked)
    if left_out:
        yield Finding("Not checked", "warning", f"{', '.join(left_out)}.", "Look again when the database answers.")


def _made(check: Check, asked: Asked) -> Iterator[Finding]:
    """What the check found by the time the database broke off or refused, and that it did."""
    try:
        yield from check.examine(asked)
    except DatabaseError as problem:
        says = f"It was not checked to its end: the database answered {type(problem).__name__}."
        yield Finding(check.name, "warning", says, "Mend what is said of the database and its schema, and look again.")
