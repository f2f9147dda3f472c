"""A clock that tests move: PostgreSQL's and the couriers' monotonic one go on together, and jump together.

By themselves both are slow, so that no bound of the engine's passes only because a machine was quick, or breaks because
it was busy. They never stand still: two moments are never the same.

`now()` and `clock_timestamp()` are found in a schema of ours before PostgreSQL's own, so the engine's statements run as
they stand. Nothing that is stored has to be moved into the past, and a courier in the middle of a POST lives through
the jump as a frozen process does.
"""

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection as database
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tests import pooled

SCHEMA = """
DROP SCHEMA IF EXISTS virtual CASCADE;
CREATE SCHEMA virtual;
CREATE TABLE virtual.clock (began timestamptz NOT NULL, ahead double precision NOT NULL);
INSERT INTO virtual.clock VALUES (to_timestamp(%(began)s), 0);
CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    $$SELECT began + (pg_catalog.clock_timestamp() - began) / %(slower)s + ahead * interval '1 second'
        FROM virtual.clock$$;
CREATE FUNCTION virtual.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$SELECT began + (pg_catalog.now() - began) / %(slower)s + ahead * interval '1 second' FROM virtual.clock$$;
"""
#: A second of these clocks is so many of the machine's.
SLOWER = 20
COURIER = ("backlog", "lease", "post", "recording", "run", "unrecorded", "window")


class Clock:
    """Stands in for the module `time` in the courier's modules."""

    def __init__(self) -> None:
        self.began = time.time()
        self._monotonic = time.monotonic()
        self._ahead = 0.0

    def monotonic(self) -> float:
        return self._monotonic + (time.monotonic() - self._monotonic) / SLOWER + self._ahead

    def sleep(self, seconds: float) -> None:
        """Real: only a database that is away is waited for."""
        time.sleep(seconds)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.began + (time.time() - self.began) / SLOWER + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        with database.cursor() as cursor:
            cursor.execute("UPDATE virtual.clock SET ahead = %s", [self._ahead])


LOOK_THERE_FIRST = "SET search_path = virtual, public, pg_catalog"


def _look_there_first(connection: BaseDatabaseWrapper, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOOK_THERE_FIRST)


@contextmanager
def _looking_there_first() -> Iterator[None]:
    """All sessions made within the block; those of a pooler by what they begin with."""
    if pooled.is_pooled():
        with pooled.sessions_that_begin_with(LOOK_THERE_FIRST, "RESET search_path"):
            yield
        return
    connection_created.connect(_look_there_first)
    try:
        yield
    finally:
        connection_created.disconnect(_look_there_first)


@contextmanager
def virtual_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Every database connection made within the block sees the clock; the caller's own is made anew."""
    clock = Clock()
    with database.cursor() as cursor:
        cursor.execute(SCHEMA, {"began": clock.began, "slower": SLOWER})
    for name in COURIER:
        monkeypatch.setattr(importlib.import_module(f"deliveries.courier.{name}"), "time", clock)
    try:
        with _looking_there_first():
            database.close()
            yield clock
    finally:
        database.close()
        with database.cursor() as cursor:
            cursor.execute("DROP SCHEMA virtual CASCADE")
