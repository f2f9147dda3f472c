"""A network namespace for one worker, with a cable each to the database, the broker and the receiver, to be cut."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

IP = "/usr/sbin/ip"
ENDS = ("database", "broker", "receiver")


@dataclass(frozen=True)
class Links:
    """Three cables; our end of the n-th one is 10.x.y.(4n + 1), the worker's 10.x.y.(4n + 2)."""

    number: int

    @classmethod
    @contextlib.contextmanager
    def made(cls, host: int = 0) -> "Iterator[Self | None]":
        """None where network namespaces are not allowed. A run that wants several hosts numbers them, 0 to 3."""
        links = cls((os.getpid() + 12_500 * host) % 50_000)
        try:
            try:
                links._make()
            except (OSError, subprocess.CalledProcessError):
                yield None
            else:
                yield links
        finally:
            if Path(IP).exists():
                subprocess.run([IP, "netns", "delete", links.name], check=False, capture_output=True)

    @property
    def name(self) -> str:
        return f"happ-faults-{self.number}"

    def host(self, end: str) -> str:
        return f"{self._net(end)}{4 * ENDS.index(end) + 1}"

    def _net(self, end: str) -> str:
        return f"10.{50 + self.number // 250}.{self.number % 250}."

    def _cable(self, end: str) -> str:
        return f"hf{ENDS.index(end)}-{self.number}"

    def _make(self) -> None:
        _ip("netns", "add", self.name)
        for end in ENDS:
            near, far = self._cable(end), f"far{ENDS.index(end)}"
            _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", self.name)
            _ip("address", "add", f"{self.host(end)}/30", "dev", near)
            _ip("-n", self.name, "address", "add", f"{self._net(end)}{4 * ENDS.index(end) + 2}/30", "dev", far)
            _ip("link", "set", near, "up")
            _ip("-n", self.name, "link", "set", far, "up")
        _ip("-n", self.name, "link", "set", "lo", "up")

    def reach(self, other: "Links", end: str) -> None:
        """What the other host's cable leads to can be reached from here, too."""
        _ip("-n", self.name, "route", "add", f"{other.host(end)}/32", "via", self.host(end))

    @property
    def prefix(self) -> tuple[str, ...]:
        """The words in front of a command that is to run in there."""
        return (IP, "netns", "exec", self.name)

    @contextlib.contextmanager
    def cut(self, end: str) -> Iterator[None]:
        """While the block runs not a packet passes; nobody is told."""
        self.disconnect(end)
        try:
            yield
        finally:
            self.connect(end)

    def disconnect(self, end: str) -> None:
        _ip("link", "set", self._cable(end), "down")

    def connect(self, end: str) -> None:
        _ip("link", "set", self._cable(end), "up")


def _ip(*words: str) -> None:
    subprocess.run([IP, *words], check=True, capture_output=True)
