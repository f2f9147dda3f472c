"""Does the schema fit this release, and is every index in use?"""

from collections.abc import Iterator

from django.db import connection as database

from config.doctor.asked import Asked
from config.findings import Finding
from config.status import ground

INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"


def examine(asked: Asked) -> Iterator[Finding]:
    if asked.facts.schema is not None:
        yield ground.schema(asked.facts.schema)
    with database.cursor() as cursor:
        cursor.execute(INVALID)
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        yield Finding(
            "Schema",
            "warning",
            f"The index {name} is not used: it was broken off, or is being built.",
            f"If no migration runs: DROP INDEX CONCURRENTLY {name}; and run migrate again.",
        )
