"""What all of it stands on: broker, database, schema."""

from collections.abc import Iterator

from config.findings import Finding, plural, some
from config.probes.broker import Broker
from config.probes.schema import Schema
from config.status.facts import Facts


def ground(facts: Facts) -> Iterator[Finding]:
    """What is not known since the database is away is left out."""
    yield broker(facts.broker)
    yield database(facts)
    if facts.schema is not None:
        yield schema(facts.schema)
    if facts.database_ms is not None and facts.figures is None:
        yield _unread(facts.database_problem)


def broker(found: Broker) -> Finding:
    if found.ms is not None:
        return Finding("Broker", "ok", f"It answers in {found.ms} ms.")
    return Finding(
        "Broker",
        "error",
        f"It does not answer ({found.problem}).",
        "Start it again, empty or not: nothing has to be restarted with it. Else look at REDIS_URL and the way there.",
        "HappBrokerErrors",
        "Next to nothing is sent: the broker does not answer.",
    )


def database(facts: Facts) -> Finding:
    if facts.database_ms is not None:
        return Finding("Database", "ok", f"It answers in {facts.database_ms} ms.")
    return Finding(
        "Database",
        "error",
        f"It does not answer ({facts.database_problem}).",
        "Start it, or wait for its recovery: nothing has to be restarted with it. Else look at DATABASE_URL.",
        "HappDown",
        "Nothing is taken in or sent: the database does not answer.",
    )


def schema(found: Schema) -> Finding:
    if found.missing:
        missing = plural(len(found.missing), "migration")
        return Finding(
            "Schema",
            "error",
            f"It lacks {missing} of this release: {some(found.missing)}.",
            "Run: python manage.py migrate --noinput",
            "HappDown",
            f"This release cannot take events in: the database lacks {missing}.",
        )
    if found.unknown:
        return Finding(
            "Schema",
            "warning",
            f"It is of a newer release: {some(found.unknown)}.",
            "That is well for one release back, after a rollback or while an upgrade runs; then deploy the newer one.",
            headline="the database's schema is of a newer release",
        )
    return Finding("Schema", "ok", f"{plural(found.applied, 'migration')} applied, none lacking.")


def _unread(problem: str) -> Finding:
    return Finding(
        "Figures",
        "error",
        f"The database did not tell them ({problem}).",
        "Look at its schema first, then at its sessions for what holds locks or is slow.",
        "HappDown",
        "Whether events flow cannot be told: the database does not say.",
    )
