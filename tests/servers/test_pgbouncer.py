"""Behind PgBouncer in transaction mode: the main job, who may migrate, and what each session keeps to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection as database

from deliveries import sessions
from deliveries.models import Delivery
from happ_webhooks.history import prepared
from happ_webhooks.history.models import Workspace
from tests import pooled
from tests.conftest import connect, record
from tests.processes import Processes, eventually
from tests.receiver import Receiver
from tests.servers import missing, pgbouncer
from tests.servers.pgbouncer import PgBouncer

absent = missing.reason(pgbouncer.SERVER, pgbouncer.PACKAGE)
pytestmark = [pytest.mark.skipif(bool(absent), reason=str(absent)), pytest.mark.timeout(180)]
POOL = 40


@pytest.fixture
def pooler(tmp_path: Path, transactional_db: None) -> Iterator[PgBouncer]:
    """In front of the tests' database, for whatever is opened meanwhile."""
    url = os.environ.get(pooled.DIRECT) or os.environ["DATABASE_URL"]
    with pgbouncer.running(tmp_path, url) as server:
        address = {name: database.settings_dict[name] for name in ("HOST", "PORT")}
        database.close()
        database.settings_dict.update(HOST="127.0.0.1", PORT=server.port)
        try:
            yield server
        finally:
            database.close()
            database.settings_dict.update(address)


def test_events_arrive_in_order_on_few_sessions_over_a_restart_of_pgbouncer(
    pooler: PgBouncer, workspace: Workspace, receiver: Receiver, tmp_path: Path
) -> None:
    connect(workspace, receiver.url)
    shops = [Workspace.objects.create(name=f"Shop {number}") for number in range(50)]
    for shop in shops:
        connect(shop, receiver.url)
    processes = Processes(tmp_path)
    try:
        processes.start()
        for shop in shops:
            record(shop, "a")
        record(workspace, *"abc" * 5)
        eventually(lambda: len(receiver.sequences()) == 65, 60)
        assert 0 < sessions_of_the_pooler() <= POOL

        database.close()
        pooler.restart()
        record(workspace, *"abc" * 5)
        eventually(lambda: not Delivery.objects.filter(status="pending").exists(), 60)
    finally:
        processes.close()

    arrived = [each.event for each in receiver.arrivals if each.event["workspace_id"] == workspace.pk]
    assert sorted({event["sequence"] for event in arrived}) == list(range(1, 31))
    for chat in "abc":
        sequences = [event["sequence"] for event in arrived if event["chat_id"] == chat]
        assert list(dict.fromkeys(sequences)) == sorted(set(sequences))


def sessions_of_the_pooler() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int((cursor.fetchone() or (0,))[0])


def test_a_session_that_is_silent_in_a_transaction_ends_with_the_lease(pooler: PgBouncer) -> None:
    assert sessions.silent_seconds("default") == 8


def test_nothing_is_prepared_in_the_sessions_of_a_pooler(pooler: PgBouncer, workspace: Workspace) -> None:
    for _ in range(prepared.RUNS_BEFORE + 3):
        record(workspace, "a")
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (0,)


def test_migrations_through_the_pooler_are_refused(pooler: PgBouncer) -> None:
    with pytest.raises(CommandError, match=r"^Migrations need a session of their own: .* not to a pooler\.$"):
        call_command("migrate", verbosity=0)


NEVER = "ALTER ROLE CURRENT_USER IN DATABASE {NAME} SET idle_in_transaction_session_timeout = 0"


def test_the_check_of_an_installation_says_what_the_role_lacks(pooler: PgBouncer) -> None:
    call_command("check", databases=["default"])
    with database.cursor() as cursor:
        cursor.execute(NEVER.format(**database.settings_dict))
    database.close()
    pooler.restart()

    with pytest.raises(SystemCheckError) as found:
        call_command("check", databases=["default"])

    with database.cursor() as cursor:
        cursor.execute(NEVER.format(**database.settings_dict).replace("SET", "RESET").removesuffix(" = 0"))
    assert "(happ.E003) Sessions that are silent in a transaction are not ended." in str(found.value)
