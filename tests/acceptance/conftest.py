"""Real worker and beat processes on the test database, started as the Procfile starts them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection as database
from django.db.models.functions import Now

from deliveries.models import Connection

CHECKOUT = Path(__file__).resolve().parents[2]
LADDER = "0.5,0.5,0.5,0.5"
NAMES = ("worker", "troubled", "beat")
SECOND = "-2"


class Processes:
    """The processes of the Procfile that deliver. A process group each, so that a kill ends all of it."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "processes.log"
        self._folder = folder
        lines = (CHECKOUT / "Procfile").read_text().splitlines()
        self._commands = dict(line.split(": ", 1) for line in lines if ": " in line)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Starts what does not run, and waits until the workers take messages."""
        for name in names or NAMES:
            if name not in self._running or self._running[name].poll() is not None:
                self._running[name] = self._spawn(name)

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        parameters = database.settings_dict
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**parameters)
        variables = {
            **os.environ,
            "DATABASE_URL": url,
            "HAPP_RETRY_LADDER": LADDER,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HAPP_BEAT_SCHEDULE": str(self._folder / "beat"),
        }
        command = f"exec {self._commands[name.removesuffix(SECOND)]}"
        with self.log.open("ab") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=CHECKOUT,
                env=variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, *names: str, how: int = signal.SIGKILL) -> None:
        for name in names or tuple(self._running):
            process = self._running.pop(name, None)
            if process is not None:
                os.killpg(process.pid, how)
                process.wait(20)

    def signal(self, name: str, number: int) -> None:
        os.killpg(self._running[name].pid, number)


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    started = Processes(tmp_path_factory.mktemp("processes"))
    yield started
    started.kill()


@pytest.fixture
def delivering(processes: Processes, transactional_db: None) -> Iterator[Processes]:
    """Workers and beat run; afterwards no courier does, so that the tables can be emptied without a deadlock."""
    processes.start()
    yield processes
    Connection.objects.update(closed_at=Now(), settled_at=Now())
    eventually(lambda: not Connection.objects.filter(lease_until__gt=Now()).exists())


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until something holds, as a person would."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not come true in time."
        time.sleep(0.02)
