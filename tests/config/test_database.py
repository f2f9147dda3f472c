"""What each session with the database asks for."""

from contextlib import closing

import pytest
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from config.settings import SESSION
from deliveries.checks import silent_sessions
from deliveries.courier.lease import lease_seconds
from happ_webhooks.history.models import Workspace


def told(name: str) -> str:
    """As a session has it that one of our processes opens; the tests' own are more patient."""
    own = database.copy()
    own.settings_dict["OPTIONS"]["options"] = SESSION
    with closing(own), own.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_process_that_falls_silent_in_a_transaction_keeps_its_locks_no_longer_than_a_lease() -> None:
    assert settings.HAPP_DEADLINE_SECONDS == 5
    assert lease_seconds() == 8
    assert told("idle_in_transaction_session_timeout") == "8s"


@pytest.mark.django_db
def test_the_database_notices_within_seconds_that_a_process_has_vanished() -> None:
    assert [told(f"tcp_keepalives_{name}") for name in ("idle", "interval", "count")] == ["5", "2", "3"]


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "found"), [("0", ["happ.E003"]), ("8001", ["happ.E003"]), ("8000", []), ("500", [])])
def test_the_check_of_an_installation_finds_sessions_that_would_keep_their_locks(limit: str, found: list[str]) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {limit}")
    assert [problem.id for problem in silent_sessions(None, ["default"])] == found
    assert silent_sessions(None) == []


@pytest.mark.django_db
def test_no_statement_counts_on_a_cursor_of_an_earlier_one() -> None:
    with CaptureQueriesContext(database) as statements:
        list(Workspace.objects.iterator(chunk_size=1))
    assert not any("CURSOR" in each["sql"] for each in statements)
    assert settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True
