"""The real stack for the samples of the docs: web, worker, troubled and beat of the Procfile, on the test database."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db.models.functions import Now

from deliveries.models import Connection
from happ_webhooks.history.models import ApiToken, Workspace
from integrations.signing import signing_secret
from tests.docs.samples import TEN_MINUTES, Sample
from tests.processes import Processes, eventually

LADDER = "0.5,0.5,0.5,0.5"
PASSWORD = "my-password"


@dataclass(frozen=True)
class Shop:
    """A workspace of the running HAPP, and what its developer copies from the site."""

    workspace: Workspace
    variables: dict[str, str]

    @property
    def id(self) -> str:
        return self.workspace.pk


Start = Callable[..., Sample]


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    started = Processes(tmp_path_factory.mktemp("processes"), LADDER)
    yield started
    started.close()


@pytest.fixture
def running(processes: Processes, transactional_db: None) -> Iterator[Processes]:
    """All of it serves; afterwards no courier is at work, so that the tables can be emptied without a deadlock."""
    processes.start("web", "worker", "troubled", "beat")
    yield processes
    Connection.objects.update(closed_at=Now(), settled_at=Now())
    eventually(lambda: not Connection.objects.filter(lease_until__gt=Now()).exists())


@pytest.fixture
def shop(running: Processes) -> Shop:
    workspace = Workspace.objects.create(name="Кав'ярня")
    _, token = ApiToken.issue(name="healing", scopes=["backfill"], workspace=workspace)
    variables = {
        "HAPP": running.site,
        "WORKSPACE": workspace.pk,
        "HAPP_SIGNING_SECRET": signing_secret(workspace.pk).signing_secret,
        "HAPP_PASSWORD": PASSWORD,
        "HAPP_TOKEN": token,
    }
    return Shop(workspace, variables)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """What the commands of a heading made once, to be copied."""
    return {}


@pytest.fixture
def prepared(shop: Shop, tmp_path: Path, folders: dict[tuple[str, str], Path]) -> Iterator[Start]:
    """A folder in which the commands of a heading ran up to the last one, which `start` of the sample runs."""
    made: list[Sample] = []

    def prepare(heading: str, page: str = TEN_MINUTES, **changed: str) -> Sample:
        made.append(Sample(heading, tmp_path / f"folder-{len(made)}", {**shop.variables, **changed}, page))
        known = folders.get((heading, page))
        if known is None:
            folders[heading, page] = made[-1].prepare()
        else:
            shutil.copytree(known, made[-1].place)
        return made[-1]

    yield prepare
    for sample in made:
        sample.stop()
