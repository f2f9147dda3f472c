"""Statements that are planned once a session: which are, and what becomes of them when a table changes."""

import pytest
from django.db import OperationalError
from django.db import connection as database

from deliveries import sessions
from deliveries.models import Delivery
from happ_webhooks.history.models import Workspace
from happ_webhooks.history.prepared import RUNS_BEFORE, Prepared
from tests.conftest import connect, record, visit
from tests.receiver import Receiver

NUMBERS = Prepared("test_numbers", "SELECT number FROM test_numbers WHERE number = %(number)s AND %(number)s %% 1 = 0")


@pytest.fixture
def session(transactional_db: None) -> None:
    """One that has prepared nothing yet."""
    database.close()
    if sessions.is_shared("default"):
        pytest.skip("Behind a pooler nothing is prepared.")


def asked(sql: str, values: dict[str, int] | None = None) -> list[tuple[object, ...]]:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def prepared() -> dict[object, object]:
    """How often each statement that this session has prepared was run so."""
    return dict(asked("SELECT name, generic_plans + custom_plans FROM pg_prepared_statements"))  # type: ignore[arg-type]


@pytest.fixture
def numbers(session: None) -> None:
    """A table for NUMBERS, of this session."""
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE test_numbers AS SELECT generate_series(1, 9)::int AS number")


@pytest.mark.usefixtures("numbers")
def test_what_runs_often_is_prepared_once_in_each_session() -> None:
    for number in range(1, RUNS_BEFORE + 1):
        assert asked(NUMBERS, {"number": number}) == [(number,)]
    assert prepared() == {}

    for number in (6, 7, 7):
        assert asked(NUMBERS, {"number": number}) == [(number,)]
    assert prepared() == {"test_numbers": 3}

    database.close()
    assert prepared() == {}


@pytest.mark.usefixtures("numbers")
def test_what_was_prepared_in_a_transaction_that_failed_stays_so() -> None:
    for _ in range(RUNS_BEFORE):
        asked(NUMBERS, {"number": 1})
    with database.cursor() as cursor:
        cursor.execute("BEGIN")
        assert asked(NUMBERS, {"number": 2}) == [(2,)]
        cursor.execute("ROLLBACK")

    assert asked(NUMBERS, {"number": 3}) == [(3,)]
    assert prepared() == {"test_numbers": 2}


@pytest.mark.usefixtures("numbers")
def test_a_change_of_a_type_fails_one_run_and_no_more() -> None:
    for _ in range(RUNS_BEFORE + 2):
        asked(NUMBERS, {"number": 1})
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE test_numbers ALTER COLUMN number TYPE bigint")

    with pytest.raises(OperationalError):
        asked(NUMBERS, {"number": 1})
    assert [asked(NUMBERS, {"number": number}) for number in (1, 2)] == [[(1,)], [(2,)]]


@pytest.mark.usefixtures("session")
def test_all_that_an_event_costs_is_prepared(workspace: Workspace, receiver: Receiver) -> None:
    connection = connect(workspace, receiver.url)
    for _ in range(RUNS_BEFORE + 2):
        record(workspace, "a")
        assert visit(connection) == "delivered"

    intake = {"number_events": 2, "take_in": 2}
    reading = {"take_lease": 2, "failing": 2, "new": 2, "texts": 2}
    assert prepared() == intake | reading | {"held": 2, "keep_attempts": 2, "settle": 2, "renew": 2, "release": 2}
    assert Delivery.objects.filter(status="delivered").count() == RUNS_BEFORE + 2
    assert receiver.sequences() == list(range(1, RUNS_BEFORE + 3))
