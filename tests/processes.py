"""Real web, worker and beat processes on the test database, started as the Procfile starts them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
from django.db import connection as database

CHECKOUT = Path(__file__).resolve().parents[1]
LADDER = "0.5,0.5,0.5,0.5"
DELIVERING = ("worker", "troubled", "beat")
SECOND = "-2"
PAUSE = 0.02
# Characters of their log that are shown beside a test that fails.
SHOWN = 40_000
# Reads process groups, a line each, until whoever writes them is gone, however that happened; then ends them.
REAPER = """import contextlib, os, sys
for line in sys.stdin.readlines():
    with contextlib.suppress(ProcessLookupError):
        os.killpg(int(line), 9)"""
# Behind a pooler our own session may have served them, and bears their name.
END_SESSIONS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE application_name = %s AND pid <> pg_backend_pid()"""


class Processes:
    """The processes of the Procfile. A process group each, so that a kill ends all of it."""

    def __init__(self, folder: Path, ladder: str = LADDER) -> None:
        self.log = folder / "processes.log"
        self._folder, self._ladder = folder, ladder
        self._name = f"processes of {os.getpid()}"
        lines = (CHECKOUT / "Procfile").read_text().splitlines()
        self._commands = dict(line.split(": ", 1) for line in lines if ": " in line)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        # Held by us: whoever connects before the web process is up waits, and no port changes hands.
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        command = [sys.executable, "-S", "-c", REAPER]
        self._reaper = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)

    @property
    def site(self) -> str:
        """Where the web process serves, without a slash at the end."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def start(self, *names: str) -> None:
        """Starts what does not run; all that delivers, if nothing is named."""
        for name in names or DELIVERING:
            if name not in self._running or self._running[name].poll() is not None:
                self._running[name] = self._spawn(name)

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        number = self._listening.fileno()
        variables = {
            **os.environ,
            "DATABASE_URL": self._database(),
            "PGAPPNAME": self._name,
            "HAPP_RETRY_LADDER": self._ladder,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HAPP_BEAT_SCHEDULE": str(self._folder / "beat"),
            "PROMETHEUS_MULTIPROC_DIR": str(self._folder / "metrics"),
            "GUNICORN_CMD_ARGS": f"--bind fd://{number}",
        }
        command = f"exec {self._commands[name.removesuffix(SECOND)]}"
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                cwd=CHECKOUT,
                env=variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[number],
            )
        print(process.pid, file=self._reaper.stdin, flush=True)
        return process

    def kill(self, *names: str, how: int = signal.SIGKILL) -> None:
        for name in names or tuple(self._running):
            process = self._running.pop(name, None)
            if process is not None:
                os.killpg(process.pid, how)
                self._wait_for(process)

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
            raise

    def signal(self, name: str, number: int) -> None:
        os.killpg(self._running[name].pid, number)

    def _database(self) -> str:
        return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database.settings_dict)

    def _end_sessions(self) -> None:
        """A killed process may leave a statement running, and a database in use cannot be dropped."""
        with contextlib.closing(psycopg2.connect(self._database())) as connection, connection.cursor() as cursor:
            cursor.execute(END_SESSIONS, [self._name])

    def close(self) -> None:
        try:
            self.kill()
            self._end_sessions()
            if self.log.exists():
                sys.stderr.write(self.log.read_text()[-SHOWN:])
        finally:
            # Nothing is left to it, and the numbers may be another's by now.
            self._reaper.kill()
            self._reaper.communicate()
            self._listening.close()


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until something holds, as a person would. What the machine oversleeps is not counted."""
    end = time.monotonic() + seconds
    while not condition():
        asked = time.monotonic()
        assert asked < end, "It did not come true in time."
        time.sleep(PAUSE)
        end += max(0.0, time.monotonic() - asked - 2 * PAUSE)
