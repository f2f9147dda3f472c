"""Does the database answer, and is it set up as the product needs it?"""

from collections.abc import Iterator

from django.db import connection as database

from config.doctor.asked import Asked
from config.findings import Finding
from config.status import ground

OLDEST = 150_000
SETTINGS = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       current_setting('log_min_error_statement'), current_setting('idle_in_transaction_session_timeout')
"""


def answers(asked: Asked) -> Iterator[Finding]:
    yield ground.database(asked.facts)


def examine(asked: Asked) -> Iterator[Finding]:
    with database.cursor() as cursor:
        cursor.execute(SETTINGS)
        number, version, logged, patience = cursor.fetchone() or (0, "", "", "")
    told = [*_version(number, version), *_session(logged, patience)]
    yield from told or [Finding("PostgreSQL", "ok", f"{version}, set up as it should be.")]


def _version(number: int, version: str) -> Iterator[Finding]:
    if number < OLDEST:
        yield Finding("PostgreSQL", "error", f"It is {version}, which is too old.", "Upgrade it to 15 or later.")


def _session(logged: str, patience: str) -> Iterator[Finding]:
    if logged != "panic":
        yield Finding(
            "PostgreSQL",
            "warning",
            f"log_min_error_statement is {logged}: a statement that fails is logged with the message it carries.",
            "Set log_min_error_statement = panic in postgresql.conf, and reload it.",
        )
    if patience == "0":
        yield Finding(
            "PostgreSQL",
            "warning",
            "A process that is frozen in a transaction keeps its locks for as long as its session lives.",
            "Behind PgBouncer: ALTER ROLE ... SET idle_in_transaction_session_timeout = '8s'.",
        )
