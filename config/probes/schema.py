"""Does the database's schema fit this release?"""

from dataclasses import dataclass

from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

OURS = ("history", "deliveries", "integrations")


@dataclass(frozen=True)
class Schema:
    """How many migrations are applied; those that this release lacks there, in order; ours that it does not know."""

    applied: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def schema() -> Schema:
    """Two statements. Raises DatabaseError."""
    executor = MigrationExecutor(database)
    loader = executor.loader
    missing = [migration for migration, _ in executor.migration_plan(loader.graph.leaf_nodes())]
    applied = loader.applied_migrations or {}
    unknown = sorted(key for key in applied if key[0] in OURS and key not in (loader.disk_migrations or {}))
    return Schema(
        len(applied),
        tuple(f"{migration.app_label}.{migration.name}" for migration in missing),
        tuple(f"{app}.{name}" for app, name in unknown),
    )
