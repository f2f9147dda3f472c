"""What each session with the database asks for."""

from contextlib import closing

import pytest
from django.conf import settings
from django.db import connection as database

from config.settings import SESSION
from deliveries.courier.lease import lease_seconds


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
