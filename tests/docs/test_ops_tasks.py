"""What the task pages tell an operator to run exists: commands with their options, settings, statements."""

import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.db import connection as database

FOLDER = Path(settings.BASE_DIR) / "docs" / "ops"
PAGES = sorted((FOLDER / "tasks").glob("*.md"))
COMMAND = re.compile(r"(?:^(?: {4}|\t)+|`)((?:python|psql|redis-cli|\./run)\b[^`\n]*)", re.MULTILINE)
ELSEWHERE = ("python -c ", "python -m tests.ops", "python -m tests.deploy", "redis-cli -u ")


def commands(page: Path) -> list[str]:
    return COMMAND.findall(page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.django_db
def test_every_command_of_a_task_exists(page: Path) -> None:
    assert commands(page)
    for line in commands(page):
        if line.startswith("python manage.py "):
            name, *arguments = shlex.split(line.removeprefix("python manage.py "))
            command = load_command_class(get_commands()[name], name)
            command.create_parser("manage.py", name).parse_args(arguments)
        elif line.startswith("psql "):
            with database.cursor() as cursor:
                cursor.execute(shlex.split(line)[-1])
        else:
            assert line.startswith(ELSEWHERE), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_of_a_task_is_in_the_table(page: Path) -> None:
    table = (FOLDER / "settings.md").read_text()
    named = set(re.findall(r"\b(?:HAPP_[A-Z_]+|DATABASE_URL|REDIS_URL)\b", page.read_text()))
    assert {name for name in named if f"`{name}`" not in table} == set()


def test_the_index_names_every_task() -> None:
    index = (FOLDER / "README.md").read_text()
    assert {page.name for page in PAGES if f"tasks/{page.name}" not in index} == set()
