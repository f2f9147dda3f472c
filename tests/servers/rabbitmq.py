"""A RabbitMQ of our own: Debian's programs, as children of ours, with a data folder and ports of their own."""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.demo import boot, child
from config.demo.ports import HOST, any_free
from tests.servers.missing import program

PACKAGE = "rabbitmq-server"
# Beside Debian's wrapper of the same name, which runs the system's own server only.
PROGRAMS = "/usr/lib/rabbitmq/bin/"
SERVER, CONTROL = PROGRAMS + "rabbitmq-server", PROGRAMS + "rabbitmqctl"
USER = "happ"
#: One for a run without test workers, and one for each worker, as databases of Redis.
VIRTUAL_HOSTS = ("tests", *(f"gw{number}" for number in range(16)))
GREETING = b"AMQP\x00\x00\x09\x01"
#: Erlang takes its time where the machine is busy.
START_SECONDS = 120.0


@dataclass
class RabbitMQ:
    """One server and the epmd that Erlang wants. What lies in `folder` outlives a restart."""

    folder: Path
    port: int
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    _names_port: int = field(default_factory=any_free)
    _node_port: int = field(default_factory=any_free)
    process: subprocess.Popen[bytes] | None = None
    names: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "rabbitmq"

    @property
    def log(self) -> Path:
        return self.folder / "rabbitmq.log"

    @property
    def url(self) -> str:
        return self.url_of("tests")

    def url_of(self, virtual_host: str) -> str:
        return f"amqp://{USER}:{self.password}@{HOST}:{self.port}/{virtual_host}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server. It takes connections seconds later."""
        server = program(SERVER, PACKAGE)
        self.data.mkdir(exist_ok=True)
        (self.data / "definitions.json").write_text(json.dumps(self._definitions()))
        (self.data / "rabbitmq.conf").write_text(self._configuration())
        traced = ",".join(f'<<"{name}">>' for name in VIRTUAL_HOSTS)
        (self.data / "advanced.config").write_text(f"[{{rabbit, [{{trace_vhosts, [{traced}]}}]}}].\n")
        if self.names is None:
            arguments = ["-port", str(self._names_port), "-address", HOST]
            self.names = child.launch(program("epmd", PACKAGE), arguments, log=self.log)
        return child.launch(server, [], environment=self._environment(), log=self.log, folder=self.data)

    def is_up(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as line:
                line.sendall(GREETING)
                return bool(line.recv(1))
        except OSError:
            return False

    def control(self, *arguments: str) -> None:
        """What an operator does with rabbitmqctl."""
        done = subprocess.run(
            [program(CONTROL, PACKAGE), *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        [self.process] = boot.bring_up([self], START_SECONDS)

    def stop(self, how: signal.Signals) -> None:
        if self.process is not None:
            child.stop(self.process, how, 20)
            self.process = None

    def _definitions(self) -> dict[str, object]:
        salt = secrets.token_bytes(4)
        digest = base64.b64encode(salt + hashlib.sha256(salt + self.password.encode()).digest()).decode()
        user = {
            "name": USER,
            "password_hash": digest,
            "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": [],
        }
        everything = {"user": USER, "configure": ".*", "write": ".*", "read": ".*"}
        return {
            "users": [user],
            "vhosts": [{"name": name} for name in VIRTUAL_HOSTS],
            "permissions": [{**everything, "vhost": name} for name in VIRTUAL_HOSTS],
        }

    def _configuration(self) -> str:
        lines = [
            f"listeners.tcp.1 = {HOST}:{self.port}",
            f"load_definitions = {self.data}/definitions.json",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
        ]
        return "\n".join(lines) + "\n"

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            # Where Erlang keeps the cookie by which rabbitmqctl is let in.
            "HOME": str(self.data),
            "RABBITMQ_NODENAME": "happ@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.data / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(self.data / "rabbitmq"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.data / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ENABLED_PLUGINS_FILE": os.devnull,
            "RABBITMQ_DIST_PORT": str(self._node_port),
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": HOST,
            # Together: the server is the child itself, and no shell around it.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
        }


@contextlib.contextmanager
def running(folder: Path) -> Iterator[RabbitMQ]:
    """A throw-away server while the block runs."""
    server = RabbitMQ(folder, any_free())
    try:
        server.start()
        yield server
    finally:
        server.stop(signal.SIGKILL)
        if server.names is not None:
            child.stop(server.names, signal.SIGTERM, 5)
