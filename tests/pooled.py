"""Behind PgBouncer: the tests' databases are made and dropped directly, as an operator migrates."""

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.db import DatabaseError
from django.db import connection as database

#: Where PostgreSQL itself is, if DATABASE_URL leads to a pooler.
DIRECT = "HAPP_TEST_DIRECT_DATABASE_URL"
TRIES = 50
IN_USE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def is_pooled() -> bool:
    return DIRECT in os.environ


def lead_to(variable: str) -> None:
    """Sessions that are opened from now on go where that variable says."""
    parts = urlsplit(os.environ[variable])
    database.close()
    database.settings_dict.update(HOST=parts.hostname, PORT=parts.port)


def end_sessions() -> None:
    """A database in use cannot be dropped, and the pooler keeps its sessions open."""
    with database.cursor() as cursor:
        cursor.execute(IN_USE, [database.settings_dict["NAME"]])


@contextlib.contextmanager
def directly() -> Iterator[None]:
    """For what an operator does directly as well; without a pooler nothing changes."""
    if not is_pooled():
        yield
        return
    lead_to(DIRECT)
    try:
        yield
    finally:
        lead_to("DATABASE_URL")


@contextlib.contextmanager
def sessions_that_begin_with(setting: str, reset: str) -> Iterator[None]:
    """In our database, for us: a pooler hands on nothing that a session is told."""
    _begin_with(setting)
    try:
        yield
    finally:
        _begin_with(reset)


def _begin_with(setting: str) -> None:
    with directly(), database.cursor() as cursor:
        cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {database.settings_dict['NAME']} {setting}")
        end_sessions()
    for _ in range(TRIES):
        with contextlib.suppress(DatabaseError), database.cursor() as cursor:
            # The pooler may not have noticed yet that its sessions are gone.
            cursor.execute("SELECT 1")
            return
        database.close()
    raise AssertionError("The pooler makes no sessions.")
