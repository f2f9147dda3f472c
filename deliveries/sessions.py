"""What holds for the database sessions that our processes get: directly, or from a pooler."""

from django.db import connections

from happ_webhooks.history.prepared import is_own

SILENT = "SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"


def is_shared(using: str) -> bool:
    """Whether a pooler stands in between: it answers for a process that is not the session's."""
    with connections[using].cursor() as cursor:
        return not is_own(cursor)


def silent_seconds(using: str) -> float | None:
    """After how long PostgreSQL ends a session that is silent in a transaction; None if never."""
    with connections[using].cursor() as cursor:
        cursor.execute(SILENT)
        (milliseconds,) = cursor.fetchone() or (0,)
    return milliseconds / 1000 or None
