"""The pages on security name what exists: files, tests, settings, metrics, alerts, acts; and each query runs."""

import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as database

from happ_webhooks.history.models import AuditEntry

ROOT = Path(settings.BASE_DIR)
OPS = ROOT / "docs" / "ops"
THREATS = (OPS / "threat-model.md").read_text()
LOG = (OPS / "audit-log.md").read_text()
PAGES = ("threat-model.md", "audit-log.md", "dependencies.md")
ROOMS = "config|integrations|deliveries|happ_webhooks|tests|docs|requirements"
QUERIES = re.findall(r'^ {4}psql "\$DATABASE_URL" -c .*$', LOG, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_test_that_is_named_exists(page: str) -> None:
    named = set(re.findall(rf"\b(?:{ROOMS})/[\w/.-]+\.(?:py|md|txt)\b", (OPS / page).read_text()))
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_every_threat_says_how_it_comes_in_what_stops_it_what_remains_and_where_it_shows() -> None:
    threats = re.split(r"^## ", THREATS, flags=re.MULTILINE)[2:-1]
    assert len(threats) == 9
    for threat in threats:
        name = threat.splitlines()[0]
        for word in ("**Way in:**", "**Stops it:**", "**Remains:**"):
            assert word in threat, name
        assert "**Watch:**" in threat or "**Then:**" in threat, name
        assert re.search(r"\btests/\w+/test_\w+\.py", threat), name


def test_every_metric_alert_and_setting_that_is_named_exists() -> None:
    metrics, table = (OPS / "metrics.md").read_text(), (OPS / "settings.md").read_text()
    for name in set(re.findall(r"\bhapp_[a-z_]+_(?:total|seconds)\b", THREATS)):
        assert f"`{name}`" in metrics, name
    for name in set(re.findall(r"\bHapp[A-Z]\w+", THREATS)):
        assert (OPS / "alerts" / f"{name}.md").is_file(), name
    for name in set(re.findall(r"\bHAPP_[A-Z_]+[A-Z]\b", THREATS + LOG)):
        assert f"`{name}`" in table, name


def test_the_log_s_page_names_every_act_door_kind_and_column() -> None:
    named = set(re.findall(r"`(\w+)`", LOG))
    columns = {field.column for field in AuditEntry._meta.concrete_fields} - {"id"}
    words = {*AuditEntry.Act.values, *AuditEntry.Door.values, *AuditEntry.Kind.values}
    assert (words | columns) - named == set()


@pytest.mark.django_db
@pytest.mark.parametrize("line", QUERIES, ids=range(len(QUERIES)))
def test_every_query_of_the_log_s_page_runs(line: str) -> None:
    with database.cursor() as cursor:
        # A COPY to the terminal runs in psql alone; what it copies runs anywhere.
        cursor.execute(re.sub(r"^COPY \((.*)\) TO STDOUT.*$", r"\1", shlex.split(line)[-1]))


def test_the_index_names_the_pages() -> None:
    index = (OPS / "README.md").read_text()
    assert [page for page in PAGES if f"({page})" not in index] == []
