"""Real worker and beat processes, and a database that is at rest when a test ends."""

from collections.abc import Iterator

import pytest
from django.db.models.functions import Now

from deliveries.models import Connection
from tests.processes import Processes, eventually


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    started = Processes(tmp_path_factory.mktemp("processes"))
    try:
        yield started
    finally:
        started.close()


@pytest.fixture
def delivering(processes: Processes, transactional_db: None) -> Iterator[Processes]:
    """Workers and beat run; afterwards no courier does, so that the tables can be emptied without a deadlock."""
    processes.start()
    yield processes
    Connection.objects.update(closed_at=Now(), settled_at=Now())
    eventually(lambda: not Connection.objects.filter(lease_until__gt=Now()).exists())
