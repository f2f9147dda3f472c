"""Migrations run while the release before serves: none may lock or rewrite a table for long, or break that code."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.core.management import call_command
from django.db import connection as database
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED
from django.db.models.signals import pre_migrate

from tests import pooled

#: Those of the first release met no data and no other code: what came later has to be safe.
FIRST_RELEASE = {"history": "0001", "deliveries": "0004", "integrations": "0003"}
SAFE = (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
    migrations.AlterModelOptions,
    migrations.CreateModel,
    migrations.RunPython,
)
ON_NEW_TABLES = (migrations.AddField, migrations.AddIndex, migrations.AddConstraint)


#: The kinds of SQL an AlterField may come to: they change the catalogue alone.
QUICK = re.compile(
    r"ALTER TABLE \S+ (ALTER COLUMN \S+ (DROP NOT NULL|SET DEFAULT .*|DROP DEFAULT)|DROP CONSTRAINT \S+);"
)
#: Looked at by a person: each with the reason why it is safe after all.
REVIEWED: dict[str, str] = {
    "history.0002_auditentry": "The trigger is on the table that the same migration makes; no other code knows it.",
}


def later_migrations() -> Iterator[migrations.Migration]:
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in FIRST_RELEASE and name[:4] > FIRST_RELEASE[app]:
            yield migration


def unsafe(migration: migrations.Migration, state: ProjectState) -> list[str]:
    """What of a migration could not run beside the release before, in words. `state` is moved on by it."""
    made = {each.name_lower for each in migration.operations if isinstance(each, migrations.CreateModel)}
    found = []
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        if not _is_safe(operation, made) and not _is_quick(operation, migration.app_label, before, state):
            found.append(operation.describe())
        if not operation.reversible:
            found.append(f"{operation.describe()}: no way back")
    return found


def _is_safe(operation: Operation, made: set[str]) -> bool:
    if isinstance(operation, SAFE):
        return True
    if isinstance(operation, ON_NEW_TABLES) and operation.model_name.lower() in made:
        return True
    # The release before does not name the column in its INSERT.
    if not isinstance(operation, migrations.AddField):
        return False
    return bool(operation.field.null) or operation.field.db_default is not NOT_PROVIDED


def _is_quick(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> bool:
    if not isinstance(operation, migrations.AlterField):
        return False
    with database.schema_editor(collect_sql=True, atomic=False) as editor:
        operation.database_forwards(app, editor, before, after)
    return all(QUICK.fullmatch(sql) for sql in editor.collected_sql if not sql.startswith("--"))


@pytest.mark.django_db
def test_every_later_migration_is_safe_beside_the_release_before() -> None:
    found = {}
    for each in later_migrations():
        found[str(each)] = unsafe(each, MigrationLoader(None).project_state((each.app_label, each.name), at_end=False))
    assert {name: why for name, why in found.items() if why and name not in REVIEWED} == {}


def holding(*operations: Operation) -> migrations.Migration:
    made: type[migrations.Migration] = type("Migration", (migrations.Migration,), {"operations": list(operations)})
    return made("0099_try", "deliveries")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "safe"),
    [
        (migrations.AddField("connection", "note", models.TextField(null=True)), True),
        (migrations.AddField("connection", "note", models.TextField(db_default="")), True),
        (migrations.AddField("connection", "note", models.TextField(default="")), False),
        (migrations.AddField("connection", "note", models.TextField()), False),
        (migrations.AlterField("connection", "url", models.CharField(max_length=10)), False),
        (migrations.AlterField("connection", "url", models.TextField(null=True)), True),
        (migrations.AlterField("connection", "close_reason", models.CharField(max_length=30, choices=[])), True),
        (migrations.AlterField("connection", "closed_at", models.DateTimeField()), False),
        (migrations.RemoveField("connection", "url"), False),
        (migrations.RenameField("connection", "url", "target"), False),
        (migrations.DeleteModel("Gap"), False),
        (migrations.AddIndex("connection", models.Index(fields=["url"], name="by_url")), False),
        (AddIndexConcurrently("connection", models.Index(fields=["url"], name="by_url")), True),
        (migrations.RunSQL("ALTER TABLE deliveries_gap ALTER count TYPE text"), False),
        (migrations.RunPython(lambda apps, editor: None), False),
        (migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop), True),
    ],
    ids=lambda value: value.describe() if isinstance(value, Operation) else str(value),
)
def test_what_is_unsafe_is_found(operation: Operation, safe: bool) -> None:
    migration = holding(operation)
    assert (unsafe(migration, MigrationLoader(None).project_state()) == []) is safe


def test_an_index_on_a_table_of_the_same_migration_is_safe() -> None:
    made = migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())])
    migration = holding(made, migrations.AddIndex("note", models.Index(fields=["text"], name="by_text")))
    assert unsafe(migration, MigrationLoader(None).project_state()) == []


@pytest.mark.django_db(transaction=True)
def test_a_migration_waits_for_a_lock_for_three_seconds_at_most_and_nothing_else_does() -> None:
    seen = []

    def look(**_: object) -> None:
        with database.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            seen.append(cursor.fetchone())

    deliveries = apps.get_app_config("deliveries")
    pre_migrate.connect(look, sender=deliveries)
    try:
        with pooled.directly():
            call_command("migrate", verbosity=0)
            look()
    finally:
        pre_migrate.disconnect(look, sender=deliveries)
    assert seen == [("3s",), ("0",)]
