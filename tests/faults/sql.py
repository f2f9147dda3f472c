"""Straight to the database, past the product: for checks, and for faults that need to know a session."""

from collections.abc import Mapping
from typing import Any

import psycopg2  # type: ignore[import-untyped]  # Its stubs are no dependency; Django's own cover the product.

#: While the database is away, and when it ends a session.
DatabaseAway: type[Exception] = psycopg2.Error


def rows(url: str, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """What one statement gives, over a connection of its own."""
    connection = psycopg2.connect(url, connect_timeout=3)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()
