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
from config.demo.ports import HOST
from config.demo.postgres import Postgres
from config.demo.servers import secrets_for_tests
from config.demo.stack import launcher, listen, url_of
from config.demo.supervisor import Program, Supervisor, stop
from config.demo.valkey import Valkey
from tests.faults import killing
from tests.faults.ports import lasting_port
from tests.faults.sql import DatabaseAway
from tests.faults.sql import rows as sql_rows

LADDER = "0.5,1,2,4,8,16,30"
WORKERS = ("worker", "worker-2")
PRODUCT = ("web", *WORKERS, "troubled", "beat")
TICK = 0.02
START_SECONDS = 60.0
# What a process logs once it does its work.
BEAT_SENDS, WORKER_IS_READY = b"Sending due task", b" ready."


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

    postgres: ReachablePostgres
    valkey: Valkey

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self._data = folder, data
        self.web_socket = listen(0)
        self.usual: dict[str, Variation] = {}
        self._variables: dict[str, str] = {}
        self._programs: dict[str, Program] = {}
        self._supervisor = Supervisor([])
        self._away: set[str] = set()
        self._frozen: set[str] = set()
        self._log_began: dict[str, int] = {}

    @property
    def web(self) -> str:
        return url_of(self.web_socket)

    def start_servers(self, workspaces: int) -> dict[str, Any]:
        """Database and broker, migrated and seeded; returns {workspaces: [ids], token}."""
        servers, processes = boot.bring_up_on_free_ports(self._make_servers, {})
        for name, server, process in zip(("postgres", "valkey"), servers.values(), processes, strict=True):
            self._programs[name] = Program(name, server.launch, server.stop_signal, process)
        self.open_broker()
        self._variables = {**os.environ, **secrets_for_tests(), **self._settings()}
        seeded = self.folder / "seeded.json"
        command = [sys.executable, "-m", "tests.faults.seed", str(seeded), str(workspaces)]
        subprocess.run(command, cwd=CHECKOUT, env=self._variables, check=True, timeout=120)
        return dict(json.loads(seeded.read_text()))

    def _make_servers(self, *_: int) -> tuple[ReachablePostgres, Valkey]:
        """Again with other ports if somebody was faster: those given are not made to last."""
        self.postgres = ReachablePostgres(self._data, lasting_port(), durable=True, logs=self.folder)
        self.valkey = Valkey(self.folder, lasting_port(), durable=False)
        return self.postgres, self.valkey

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
        if not self.wait_for(self.is_ready, START_SECONDS):
            raise AssertionError(f"The product does not start: {self.unready()}")

    def product(self) -> list[str]:
        """The product's processes but those that are kept away."""
        return [name for name in PRODUCT if name not in self._away]

    def unready(self) -> list[str]:
        """Which of them have not yet begun their work."""
        return [name for name in self.product() if not (self.serves() if name == "web" else self.says_ready(name))]

    def is_ready(self) -> bool:
        return not self.unready()

    def serves(self) -> bool:
        try:
            return call("GET", f"{self.web}/readyz", timeout=2).status == 200
        except NoAnswerError:
            return False

    def _program(self, name: str, variation: Variation, log: str = "") -> Program:
        lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines() if ": " in line)
        words = [*variation.prefix, "/bin/sh", "-c", f"exec {lines[name.partition('-')[0]]}"]
        log = log or name
        variables, keep = {**self._variables, "PGAPPNAME": log, **variation.variables}, []
        if name == "web":
            keep = [self.web_socket.fileno()]
            variables["GUNICORN_CMD_ARGS"] = f"--bind fd://{keep[0]}"
        start = launcher(words[0], words[1:], variables, self.log(log), keep)

        def launch() -> "subprocess.Popen[bytes]":
            self._log_began[log] = self.log_size(log)
            return start()

        return Program(name, launch)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log_size(self, name: str) -> int:
        return self.log(name).stat().st_size if self.log(name).exists() else 0

    def says_ready(self, name: str) -> bool:
        """Whether a worker has said since its last start that it takes messages, or a beat that it sends them."""
        word = BEAT_SENDS if name == "beat" else WORKER_IS_READY
        return self.running(name) and word in self.said(name, self._log_began[name])

    def said(self, name: str, since: int) -> bytes:
        """What a process has logged past that byte."""
        if not self.log(name).exists():
            return b""
        with self.log(name).open("rb") as log:
            log.seek(since)
            return log.read()

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
        """SIGKILL to the processes and their children, all at once; `wait` starts them again."""
        self._frozen.difference_update(names)
        killing.kill([self.pid(name) for name in names if self.running(name)])

    def tell(self, name: str, number: signal.Signals) -> None:
        """A signal to the process alone."""
        if self.running(name):
            killing.send(self.pid(name), number)

    @contextlib.contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """While the block runs these processes stand still. One that does already stays so afterwards."""
        moving = [name for name in names if name not in self._frozen]
        for name in moving:
            self.tell(name, signal.SIGSTOP)
        self._frozen.update(moving)
        try:
            yield
        finally:
            self.thaw(*moving)

    def thaw(self, *names: str) -> None:
        self._frozen.difference_update(names)
        for name in names:
            self.tell(name, signal.SIGCONT)

    def running(self, name: str) -> bool:
        process = self._programs[name].process
        return process is not None and process.poll() is None

    def restart(self, name: str, variation: Variation | None = None) -> None:
        """A deploy of one process: SIGTERM, its own end, a start; waits until a worker takes messages again."""
        with self.away(name):
            self.end(name)
            self._programs[name] = self._program(name, variation or self.usual.get(name, Variation()))
            self._programs[name].start()
        if name not in {"web", "beat"}:
            self.wait_for(lambda: self.says_ready(name), 20)

    def end(self, name: str) -> None:
        """Its own end on the polite signal; to be kept away, or it is started again."""
        self.tell(name, self._programs[name].stop_signal)
        if not self.wait_for(lambda: not self.running(name), 30):
            raise AssertionError(f"{name} does not end when told to.")

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
                killing.send(program.process.pid, signal.SIGCONT)
        stop([program for name, program in self._programs.items() if name not in servers], 5)
        stop([program for name, program in self._programs.items() if name in servers], 5)
        self.web_socket.close()
