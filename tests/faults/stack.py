"""The real stack under fault: its own database and broker, and the Procfile's processes, restarted when they die."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from config.demo import boot, child
from config.demo.client import NoAnswerError, call
from config.demo.folder import CHECKOUT
from config.demo.ports import HOST, any_free
from config.demo.postgres import Postgres
from config.demo.servers import secrets_for_tests
from config.demo.stack import launcher, listen, url_of
from config.demo.supervisor import Program, Supervisor, stop
from config.demo.valkey import Valkey
from tests.faults.sql import DatabaseAway
from tests.faults.sql import rows as sql_rows

LADDER = "0.5,1,2,4,8,16,30"
WORKERS = ("worker", "worker-2")
PRODUCT = ("web", *WORKERS, "troubled", "beat")
TICK = 0.02
START_SECONDS = 60.0


@dataclass(frozen=True)
class Variation:
    """How a process is started otherwise than the Procfile says: words in front, and variables."""

    prefix: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


class ReachablePostgres(Postgres):
    """Also listens where network namespaces can reach it; small enough for a small disk."""

    def _options(self) -> list[str]:
        return [*super()._options(), "-c", "listen_addresses=*", "-c", "max_wal_size=192MB", "-c", "min_wal_size=64MB"]

    def _create_cluster(self) -> None:
        super()._create_cluster()
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.0.0.0/8 scram-sha-256\n")


class Stack:
    """Call everything from the main thread. Whatever waits does so in `wait`, which restarts what has died."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.postgres = ReachablePostgres(data, any_free(), durable=True, logs=folder)
        self.valkey = Valkey(folder, any_free(), durable=False)
        self.web_socket = listen(0)
        self.usual: dict[str, Variation] = {}
        self._variables: dict[str, str] = {}
        self._programs: dict[str, Program] = {}
        self._supervisor = Supervisor([])
        self._away: set[str] = set()

    @property
    def web(self) -> str:
        return url_of(self.web_socket)

    def start_servers(self, workspaces: int) -> dict[str, Any]:
        """Database and broker, migrated and seeded; returns {workspaces: [ids], token}."""
        servers: dict[str, boot.Server] = {"postgres": self.postgres, "valkey": self.valkey}
        processes = boot.bring_up(list(servers.values()))
        for (name, server), process in zip(servers.items(), processes, strict=True):
            self._programs[name] = Program(name, server.launch, server.stop_signal, process)
        self.open_broker()
        self._variables = {**os.environ, **secrets_for_tests(), **self._settings()}
        seeded = self.folder / "seeded.json"
        command = [sys.executable, "-m", "tests.faults.seed", str(seeded), str(workspaces)]
        subprocess.run(command, cwd=CHECKOUT, env=self._variables, check=True, timeout=120)
        return dict(json.loads(seeded.read_text()))

    def _settings(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "HAPP_RETRY_LADDER": LADDER,
            "HAPP_BEAT_SCHEDULE": str(self.folder / "beat-schedule"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "RES_OPTIONS": "timeout:1 attempts:2",
        }

    def open_broker(self) -> None:
        """Lets network namespaces reach it; to be called after each start of it."""
        with contextlib.suppress(OSError), self.broker() as broker:
            broker.config_set("protected-mode", "no")
            broker.config_set("bind", "*")

    def start_product(self) -> None:
        for name in PRODUCT:
            self._programs[name] = self._program(name, self.usual.get(name, Variation()))
            self._programs[name].start()
        self._supervisor = Supervisor(self._programs.values())
        self.wait_for(self._serves, START_SECONDS)
        for name in (*WORKERS, "troubled"):
            self.wait_for(lambda name=name: self.says_ready(name, 0), START_SECONDS)

    def _serves(self) -> bool:
        try:
            return call("GET", f"{self.web}/readyz", timeout=2).status == 200
        except NoAnswerError:
            return False

    def _program(self, name: str, variation: Variation, log: str = "") -> Program:
        lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines() if ": " in line)
        words = [*variation.prefix, "/bin/sh", "-c", f"exec {lines[name.partition('-')[0]]}"]
        variables, keep = {**self._variables, **variation.variables}, []
        if name == "web":
            keep = [self.web_socket.fileno()]
            variables["GUNICORN_CMD_ARGS"] = f"--bind fd://{keep[0]}"
        return Program(name, launcher(words[0], words[1:], variables, self.log(log or name), keep))

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log_size(self, name: str) -> int:
        return self.log(name).stat().st_size if self.log(name).exists() else 0

    def says_ready(self, name: str, since: int) -> bool:
        """Whether a worker has said, past that byte of its log, that it takes messages."""
        if not self.log(name).exists():
            return False
        with self.log(name).open("rb") as log:
            log.seek(since)
            return b" ready." in log.read()

    # Time passes.

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.tend()
            time.sleep(min(TICK, left))

    def wait_for(self, condition: Any, seconds: float) -> bool:
        """Whether it came true in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.wait(TICK)
        return True

    def tend(self) -> None:
        for name, program in self._programs.items():
            if name not in self._away and program.tend() and name == "valkey":
                child.wait_until(self.broker_answers, 5)
                self.open_broker()

    # Faults.

    def pid(self, name: str) -> int:
        process = self._programs[name].process
        assert process is not None
        return process.pid

    def kill(self, *names: str) -> None:
        """SIGKILL to the process and its children, all at once; `wait` starts them again."""
        for name in names:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid(name), signal.SIGKILL)

    def kill_backend(self, pid: int) -> None:
        """SIGKILL to one session of the database, which then recovers by itself."""
        os.kill(pid, signal.SIGKILL)

    def tell(self, name: str, number: signal.Signals) -> None:
        """A signal to the process alone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid(name), number)

    def running(self, name: str) -> bool:
        process = self._programs[name].process
        return process is not None and process.poll() is None

    def restart(self, name: str, variation: Variation | None = None) -> None:
        """A deploy of one process: SIGTERM, its own end, a start; waits until a worker takes messages again."""
        said = self.log_size(name)
        with self.away(name):
            self.tell(name, self._programs[name].stop_signal)
            if not self.wait_for(lambda: not self.running(name), 30):
                raise AssertionError(f"{name} does not end on SIGTERM.")
            self._programs[name] = self._program(name, variation or self.usual.get(name, Variation()))
            self._programs[name].start()
        if name not in {"web", "beat"}:
            self.wait_for(lambda: self.says_ready(name, said), 20)

    @contextlib.contextmanager
    def away(self, *names: str) -> Iterator[None]:
        """While the block runs these are not started again."""
        self._away.update(names)
        try:
            yield
        finally:
            self._away.difference_update(names)

    @contextlib.contextmanager
    def second(self, name: str, variables: Mapping[str, str]) -> Iterator[None]:
        """Another process of that name while the block runs."""
        program = self._program(name, Variation(variables=variables), f"second-{name}")
        program.start()
        try:
            yield
        finally:
            stop([program], 5)

    # Looking inside.

    def broker(self) -> Redis:
        return Redis(port=self.valkey.port, socket_timeout=2, socket_connect_timeout=2)

    def broker_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.valkey.port), timeout=1) as line:
            line.settimeout(1)
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Straight from the database; DatabaseAway while it is."""
        return sql_rows(self.postgres.url, sql, values)

    def database_answers(self) -> bool:
        with contextlib.suppress(DatabaseAway):
            return bool(self.rows("SELECT 1"))
        return False

    def api(self, method: str, workspace: str, token: str, body: object = None, path: str = "") -> int:
        """A call of a workspace's tile; returns the status, 0 if there was no answer."""
        url = f"{self.web}/api/v1/workspaces/{workspace}/chat-webhook{path}"
        try:
            return call(method, url, body, token=token, timeout=10).status
        except NoAnswerError:
            return 0

    def close(self) -> None:
        servers = {"postgres", "valkey"}
        for program in self._programs.values():
            if program.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(program.process.pid, signal.SIGCONT)
        stop([program for name, program in self._programs.items() if name not in servers], 5)
        stop([program for name, program in self._programs.items() if name in servers], 5)
        self.web_socket.close()
