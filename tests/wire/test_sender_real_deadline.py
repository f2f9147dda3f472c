"""The promise itself: five seconds, and no receiver holds a sender past 5.3, also when all of them try at once."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from happ_webhooks.wire.deadline import MOST_BYTES_READ
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.sender import Sender
from tests.lateness import lateness
from tests.memory import forget_peak, peak_memory
from tests.wire import receivers
from tests.wire.crowd import crowd
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import answers_with
from tests.wire.test_sender_hostile import status_fits

HEADERS = {"accept-encoding": "identity"}
BODY = b"x" * (64 * 1024)
#: More than the buffers of two sockets hold.
BIG = b"x" * (8 * 1024 * 1024)
LONGEST_ALLOWED = 5.3
MOST_GROWTH = 20 * 1024 * 1024


@dataclass(frozen=True)
class Case:
    """A POST to one receiver, and what it must come to."""

    url: str
    error: str | None
    sender: Sender
    body: bytes = BODY


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How many bytes each thread has read from sockets."""
    counts: Counter[int] = Counter()
    recv_into = socket.socket.recv_into

    def counting(self: socket.socket, buffer: Any) -> int:
        count = recv_into(self, buffer)
        counts[threading.get_ident()] += count
        return count

    monkeypatch.setattr(socket.socket, "recv_into", counting)
    return counts


@pytest.fixture
def cases() -> Iterator[dict[str, Case]]:
    shared = Sender(allow_private=True)
    with crowd() as ports:
        yield _cases(ports, shared)
    shared.close()


def test_forty_threads_of_hostile_receivers_all_end_within_five_point_three_seconds_128_kib_and_20_mib(
    cases: dict[str, Case], read: Counter[int]
) -> None:
    ended: dict[str, tuple[Outcome, float, int]] = {}
    everybody_is_there = threading.Barrier(len(cases) + 1)

    def run(name: str, case: Case) -> None:
        everybody_is_there.wait()
        started = time.monotonic()
        outcome = case.sender.post(case.url, HEADERS, case.body)
        ended[name] = outcome, time.monotonic() - started, read[threading.get_ident()]

    threads = [threading.Thread(target=run, args=case) for case in cases.items()]
    for thread in threads:
        thread.start()
    forget_peak()
    before = peak_memory()
    with lateness() as late:
        everybody_is_there.wait()
        for thread in threads:
            thread.join()
    growth = peak_memory() - before

    rows = sorted(((took, name) for name, (_, took, _) in ended.items()), reverse=True)
    print(*(f"{seconds:.3f} s  {name}" for seconds, name in rows), sep="\n")  # noqa: T201 - the figures of the promise
    print(f"{len(cases)} at once: +{growth / 2**20:.1f} MiB, the machine was {late.seconds:.3f} s late")  # noqa: T201
    assert len(ended) >= 40
    assert {name: outcome.error for name, (outcome, _, _) in ended.items()} == {
        name: case.error for name, case in cases.items()
    }
    assert all(status_fits(outcome, outcome.error) for outcome, _, _ in ended.values())
    assert rows[0][0] <= LONGEST_ALLOWED + late.seconds
    assert min(took for outcome, took, _ in ended.values() if outcome.error == "TIMEOUT") >= 5
    assert max(count for _, _, count in ended.values()) <= MOST_BYTES_READ
    # The sender makes one piece of head and body.
    assert growth < MOST_GROWTH + sum(len(case.body) for case in cases.values())


def _cases(ports: dict[str, int], shared: Sender) -> dict[str, Case]:
    def at(name: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{ports[name]}/hook"

    def over(*names: str, after: float = 0.0) -> Sender:
        addresses = [f"127.0.0.1@{ports[name]}" for name in names]
        return Sender(allow_private=True, resolve=answers_with(*addresses, after=after))

    def timeout(url: str, sender: Sender = shared) -> Case:
        return Case(url, "TIMEOUT", sender)

    holes = [f"blackhole {number}" for number in range(3)]
    return {
        **{
            name: Case(at(name), error, shared, BIG if "reads" in name else BODY)
            for name, (_, error) in HOSTILE.items()
        },
        "never accepts": timeout(at("never accepts")),
        "blackhole": timeout(at(holes[0])),
        "3 dead addresses": timeout("http://dead.test/", over(*holes)),
        "dead, then silent": timeout("http://two.test/", over(holes[0], "silent")),
        "name server hangs": timeout("http://slow.test/", over("silent", after=6)),
        "slow name, silent receiver": timeout("http://slow.test/", over("silent", after=3)),
        "tls hangs": timeout(at("never_reads", scheme="https")),
        "tls drips": timeout(at("drip_tls", scheme="https")),
        "refused": Case(f"http://127.0.0.1:{receivers.closed_port()}/", "REFUSED", shared),
        **{f"silent {number}": timeout(at("silent")) for number in range(4)},
    }
