"""One demo from start to stop."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self, cast

from config.demo import banner, boot, child, stack
from config.demo.access import Access
from config.demo.client import NoAnswerError, call
from config.demo.folder import CHECKOUT, DemoFolder
from config.demo.ready import ReadyFile, facts
from config.demo.supervisor import Program, Supervisor, stop

READY_SECONDS = 60.0
SEED_SECONDS = 120.0
TICK = 0.1
HOPELESS_DEATHS = 4


class Stopped(Exception):
    """Ctrl-C or SIGTERM came."""


class DemoError(Exception):
    """The demo could not start; the text says why, for people."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for; `port` is the web port to try first."""

    port: int = stack.WEB_PORT
    simulator: bool = True
    ready_file: Path | None = None


class Demo:
    """Leaving its `with` block stops all it started: the product's processes first, the servers last."""

    def __init__(self, folder: DemoFolder, options: Options) -> None:
        self.folder, self.options = folder, options
        self.stopping = False
        self.servers: list[Program] = []
        self.supervisor = Supervisor([])
        self.ready: ReadyFile | None = None
        self.cleanup = contextlib.ExitStack()

    def stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        """A signal handler. Only sets a flag: an exception raised from a handler may be lost in a destructor."""
        self.stopping = True

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop_soon)
        if self.options.ready_file:
            self.options.ready_file.unlink(missing_ok=True)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self.ready:
            self.ready.remove()
        stop(program for program in self.supervisor.programs if program not in self.servers)
        stop(self.servers)
        self.cleanup.close()

    def serve(self) -> None:
        """Start everything, say where it is, and keep it running until a signal ends it with Stopped."""
        sockets = self._listen()
        addresses = self._start_servers()
        variables = stack.environment(self.folder, addresses)
        access = self._seed(variables)
        self._start_programs(sockets, variables, access)
        self._wait_until_ready(sockets.web_url)
        self.folder.say_where(sockets.web_url)
        if self.options.ready_file:
            known = facts(access, sockets.web_url, sockets.receiver_url, addresses, self.folder.logs)
            self.ready = ReadyFile(self.options.ready_file, known)
            self.ready.update(self.supervisor)
        print(banner.text(sockets, access, self.folder), flush=True)
        while True:
            self._tend()

    def _listen(self) -> stack.Sockets:
        sockets = stack.Sockets(stack.listen(self.options.port), stack.listen(stack.RECEIVER_PORT))
        self.cleanup.enter_context(sockets.web)
        self.cleanup.enter_context(sockets.receiver)
        for what, wanted, got in (
            ("web", self.options.port, sockets.web),
            ("receiver", stack.RECEIVER_PORT, sockets.receiver),
        ):
            if got.getsockname()[1] != wanted:
                print(f"Port {wanted} is taken: the {what} is at {stack.url_of(got)}", flush=True)
        return sockets

    def _start_servers(self) -> dict[str, str]:
        """The addresses of database and broker, each ours or the one given from outside."""
        servers, processes = boot.bring_up_on_free_ports(self.folder.servers, os.environ)
        for server, process in zip(servers.values(), processes, strict=True):
            self.servers.append(Program(type(server).__name__, server.launch, server.stop_signal, process))
        given = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
        return {**given, **{name: server.url for name, server in servers.items()}}

    def _seed(self, variables: Mapping[str, str]) -> Access:
        log, file = self.folder.logs / "seed.log", self.folder.access_file
        command = ["-m", "config.demo.seed", str(file)]
        process = child.launch(sys.executable, command, environment=variables, log=log, folder=CHECKOUT)
        child.wait_until(lambda: self.stopping or process.poll() is not None, SEED_SECONDS)
        if self.stopping or process.poll() != 0:
            child.stop(process, signal.SIGKILL, 1)
            self._stop_if_told()
            raise DemoError(f"The database could not be prepared; the last lines of {log}:\n{boot.last_lines(log)}")
        return cast("Access", json.loads(file.read_text()))

    def _start_programs(self, sockets: stack.Sockets, variables: Mapping[str, str], access: Access) -> None:
        programs = stack.product(self.folder, variables, sockets, worker_count())
        programs.append(stack.receiver(self.folder, sockets))
        if self.options.simulator:
            events_url = f"{sockets.web_url}/api/v1/workspaces/{access['workspace_id']}/events"
            programs.append(stack.simulator(self.folder, events_url, access["ingest_token"]))
        self.supervisor = Supervisor([*self.servers, *programs])
        self.supervisor.start()

    def _wait_until_ready(self, web: str) -> None:
        limit = time.monotonic() + READY_SECONDS
        while not is_ready(web):
            self._tend()
            hopeless = next((one.name for one in self.supervisor.programs if one.deaths >= HOPELESS_DEATHS), None)
            if hopeless or time.monotonic() > limit:
                name = hopeless or "web"
                log = self.folder.logs / f"{name}.log"
                raise DemoError(f"The {name} does not come up; the last lines of {log}:\n{boot.last_lines(log)}")

    def _tend(self) -> None:
        for line in self.supervisor.tend():
            print(line, flush=True)
        if self.ready:
            self.ready.update(self.supervisor)
        time.sleep(TICK)
        self._stop_if_told()

    def _stop_if_told(self) -> None:
        if self.stopping:
            raise Stopped


def worker_count() -> int:
    """HAPP_WORKERS; DemoError for what is no count."""
    given = os.environ.get("HAPP_WORKERS") or "1"
    if not given.isdecimal() or int(given) < 1:
        raise DemoError("HAPP_WORKERS must be a whole number above 0.")
    return int(given)


def is_ready(web: str) -> bool:
    try:
        return call("GET", f"{web}/readyz", timeout=2).status == 200
    except NoAnswerError:
        return False
