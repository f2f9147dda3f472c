"""The processes of a demo: the product's own, as the Procfile has them, the receiver and the simulator."""

import functools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.demo import child
from config.demo.folder import CHECKOUT, DemoFolder
from config.demo.ports import HOST
from config.demo.supervisor import Program

WEB_PORT, RECEIVER_PORT = 8000, 8010


@dataclass(frozen=True)
class Sockets:
    """Where the demo listens. The supervisor holds the sockets: no port changes hands while a process is away."""

    web: socket.socket
    receiver: socket.socket

    @property
    def web_url(self) -> str:
        return url_of(self.web)

    @property
    def receiver_url(self) -> str:
        return url_of(self.receiver)


def listen(wanted: int) -> socket.socket:
    """A listening socket on the wanted port, or on the next free one of the hundred after it, or on any."""
    for port in (*range(wanted, min(wanted + 100, 65536)), 0):
        try:
            return socket.create_server((HOST, port), backlog=512)
        except OSError:
            continue
    raise OSError("No port is free.")


def url_of(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


def environment(folder: DemoFolder, servers: Mapping[str, str]) -> dict[str, str]:
    """What every process of the demo is started with; what is set outside wins over the demo's defaults."""
    defaults = {**folder.secrets(), "HAPP_ALLOW_PRIVATE_TARGETS": "1"}
    given = {name: value for name, value in os.environ.items() if value}
    fixed = {
        # A resolver that does not answer is the product's to survive, not the demo's to wait for.
        "RES_OPTIONS": "timeout:1 attempts:2",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "HAPP_BEAT_SCHEDULE": str(folder.beat_schedule),
        "PROMETHEUS_MULTIPROC_DIR": str(folder.metrics),
    }
    return {**defaults, **given, **fixed, **servers}


def product(folder: DemoFolder, variables: Mapping[str, str], sockets: Sockets, workers: int) -> list[Program]:
    """The Procfile's processes, `workers` times the worker."""
    lines = dict(line.split(": ", 1) for line in (CHECKOUT / "Procfile").read_text().splitlines() if ": " in line)
    counts = {"web": 1, "worker": workers, "troubled": 1, "beat": 1}
    web = {"GUNICORN_CMD_ARGS": f"--bind fd://{sockets.web.fileno()}"}
    programs = []
    for name, count in counts.items():
        for number in range(1, count + 1):
            log = folder.logs / (f"{name}.log" if number == 1 else f"{name}-{number}.log")
            command = ["-c", f"exec {lines[name]}"]
            extra, keep = (web, [sockets.web.fileno()]) if name == "web" else ({}, [])
            programs.append(Program(name, launcher("/bin/sh", command, {**variables, **extra}, log, keep)))
    return programs


def receiver(folder: DemoFolder, sockets: Sockets) -> Program:
    number = sockets.receiver.fileno()
    command = ["-m", "config.demo.receiver", "--fd", str(number)]
    return Program("receiver", launcher(sys.executable, command, os.environ, folder.logs / "receiver.log", [number]))


def simulator(folder: DemoFolder, events_url: str, token: str) -> Program:
    variables = {**os.environ, "SIMULATOR_EVENTS_URL": events_url, "SIMULATOR_TOKEN": token}
    command = ["-m", "config.demo.simulator"]
    log = folder.logs / "simulator.log"
    return Program("simulator", launcher(sys.executable, command, variables, log), stop_signal=signal.SIGKILL)


def launcher(
    program: str, arguments: list[str], variables: Mapping[str, str], log: Path, keep: Iterable[int] = ()
) -> "functools.partial[subprocess.Popen[bytes]]":
    return functools.partial(
        child.launch, program, arguments, environment=variables, log=log, folder=CHECKOUT, keep=tuple(keep)
    )
