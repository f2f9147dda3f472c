"""The benchmark's side of the receiver: start it, set how its endpoints behave, ask what has come."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.demo import child
from config.demo.client import call
from config.demo.folder import CHECKOUT, read_json

ADDRESSES = 100


@dataclass(frozen=True)
class Arrival:
    """One POST: wall clock in seconds, the endpoint's number, the event's id."""

    at: float
    endpoint: int
    event_id: str
    is_ping: bool


class Receiving:
    def __init__(self, folder: Path) -> None:
        self._ready = folder / "receiver.json"
        arguments = ["-m", "bench.stage.receiver", str(ADDRESSES), str(self._ready)]
        self._process = child.launch(sys.executable, arguments, log=folder / "receiver.log", folder=CHECKOUT)
        if not child.wait_until(self._ready.exists, 30):
            raise RuntimeError(f"The receiver did not start: see {folder}/receiver.log")
        self.port: int = read_json(self._ready)["port"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def url(self, endpoint: int) -> str:
        """Where an endpoint takes POSTs: the first hundred have addresses of their own."""
        return f"http://127.0.1.{endpoint % ADDRESSES + 1}:{self.port}/{endpoint}"

    def behave(self, modes: Mapping[int, str]) -> None:
        """`hanging` (no answer), `failing` (503) or `refusing` (no connection; only the first hundred can)."""
        self._control("PUT", "modes", dict(modes))

    def forget(self) -> None:
        self._control("DELETE", "arrivals")

    def events(self) -> int:
        """How many different events were accepted."""
        return int(self._control("GET", "counts")["events"])

    def posts(self) -> int:
        return int(self._control("GET", "counts")["posts"])

    def arrivals(self) -> list[Arrival]:
        return [Arrival(*each) for each in self._control("GET", "arrivals")]

    def wait_for(self, events: int, seconds: float) -> None:
        """Until so many different events were accepted; RuntimeError if they were not in time."""
        if not child.wait_until(lambda: self.events() >= events, seconds):
            raise RuntimeError(f"{self.events()} of {events} events arrived within {seconds:.0f} s.")

    def _control(self, method: str, what: str, body: object = None) -> Any:
        # By an address that never refuses, whatever is being measured.
        return call(method, f"http://127.0.1.{ADDRESSES}:{self.port}/{what}", body, timeout=60).body

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
