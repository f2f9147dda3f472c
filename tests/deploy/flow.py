"""Events sent in at the site, through nginx and TLS, and what of them arrives at the receiver, through TLS as well."""

import contextlib
import random
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.deploy.names import RECEIVER, RECEIVER_ADDRESS, RECEIVER_PORT, SITE
from tests.deploy.operator import Installed
from tests.faults.feeder import Lane, Pace
from tests.faults.ledger import Ledger
from tests.faults.traffic import Traffic

BATCH = 8
CHATS = 20
ANSWERED_WITHIN = 60


@dataclass(frozen=True)
class Account:
    """What came of a flow."""

    accepted: int
    lost: int
    doubled: int
    out_of_order: int
    repeated: int
    broken: list[str]

    def check(self) -> str:
        """A sentence; AssertionError if anything is amiss."""
        told = (
            f"{self.accepted} accepted, {self.lost} lost, {self.doubled} doubled, {self.out_of_order} out of order, "
            f"{self.repeated} requests repeated"
        )
        assert (self.lost, self.doubled, self.out_of_order, self.broken) == (0, 0, 0, []), f"{told}: {self.broken}"
        return told


@contextlib.contextmanager
def receiving(folder: Path) -> Iterator[Traffic]:
    """The receiver listens."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / f"{RECEIVER}.pem", folder / f"{RECEIVER}.key")
    traffic = Traffic(f"https://{SITE}", "", Ledger(), seed=1)
    try:
        traffic.listen(RECEIVER_ADDRESS, RECEIVER_PORT, tls)
        yield traffic
    finally:
        traffic.close()


class Flow:
    """`rate` events a second, spread over the workspaces, until `account` is asked for.

    `first`: where their source ids begin to count, since one that was sent in before is a duplicate.
    """

    def __init__(self, traffic: Traffic, installed: Installed, rate: float, first: int = 0) -> None:
        self._traffic, self._ledger = traffic, traffic.receiver.ledger
        self._workspaces = installed.workspaces
        pace = Pace(BATCH, BATCH * len(self._workspaces) / rate, CHATS)
        self._lanes = [
            Lane(workspace, pace, random.Random(workspace), numbers=count(first)) for workspace in self._workspaces
        ]
        traffic.feeder.token = installed.ingest_token
        traffic.flow(self._lanes)

    def account(self) -> Account:
        """No new events; waits for those that are owed."""
        self._traffic.end(ANSWERED_WITHIN)
        end = time.monotonic() + ANSWERED_WITHIN
        while self._missing() and time.monotonic() < end:
            time.sleep(0.1)
        ledger = self._ledger
        repeated = sum(lane.unanswered for lane in self._lanes)
        lost, broken = self._missing(), ledger.take_broken()
        return Account(len(ledger.accepted), lost, len(ledger.doubled), ledger.out_of_order, repeated, broken)

    def _missing(self) -> int:
        return len(self._ledger.missing(time.monotonic(), self._workspaces))
