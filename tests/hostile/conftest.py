"""Real processes for the tests that need them, and a database at rest when one of those ends."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.db.models.functions import Now

from deliveries.models import Connection
from tests.processes import Processes, eventually

Start = Callable[..., Processes]


@pytest.fixture
def start(
    transactional_db: None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """Starts processes of the Procfile by name, with these variables; they end with the test."""
    with ExitStack() as closing:

        def begin(*names: str, ladder: str, variables: dict[str, str]) -> Processes:
            for name, value in variables.items():
                monkeypatch.setenv(name, value)
            processes = Processes(tmp_path_factory.mktemp("processes"), ladder)
            closing.callback(processes.close)
            processes.start(*names)
            return processes

        yield begin
        # So that the tables can be emptied without a deadlock.
        Connection.objects.update(closed_at=Now(), settled_at=Now())
        eventually(lambda: not Connection.objects.filter(lease_until__gt=Now()).exists())
