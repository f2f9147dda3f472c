"""Every hostile receiver of the specification, with a short deadline and one after the other."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from happ_webhooks.wire.deadline import MOST_BYTES_READ
from happ_webhooks.wire.outcome import CODES, Outcome
from happ_webhooks.wire.sender import Sender
from tests.lateness import Lateness, lateness
from tests.memory import forget_peak, peak_memory
from tests.wire import receivers
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import OK, answers_with, receiver

DEADLINE = 0.5
SLACK = 0.3
#: For what a receiver does at once: on a machine that is busy it shall not become a timeout.
PATIENT = 5.0
MOST_GROWTH = 20 * 1024 * 1024
HEADERS = {"content-type": "application/json; charset=utf-8", "accept-encoding": "identity", "user-agent": "test"}
BODY = b'{"a":1}'


@pytest.fixture
def sender() -> Iterator[Sender]:
    it = Sender(deadline=DEADLINE, allow_private=True)
    yield it
    it.close()


@pytest.fixture
def late() -> Iterator[Lateness]:
    with lateness() as it:
        yield it


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each read from a socket gave to the sender."""
    counts: list[int] = []
    recv_into = socket.socket.recv_into

    def counting(self: socket.socket, buffer: Any) -> int:
        counts.append(recv_into(self, buffer))
        return counts[-1]

    monkeypatch.setattr(socket.socket, "recv_into", counting)
    return counts


def status_fits(result: Outcome, error: str | None) -> bool:
    """A status is kept exactly where a status line and headers arrived."""
    status = result.status_code or 0
    if error is None:
        return 200 <= status <= 299
    return 300 <= status <= 399 if error == "REDIRECT" else f"HTTP_{status}" == error or status == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_receiver_gets_its_own_error_within_the_deadline_128_kib_and_20_mib(
    name: str, read: list[int], late: Lateness
) -> None:
    handler, error = HOSTILE[name]
    body = b"x" * (32 * 1024 * 1024 if "reads" in name else 256 * 1024)
    sender = Sender(deadline=DEADLINE if error == "TIMEOUT" else PATIENT, allow_private=True)
    with receiver(handler) as it:
        forget_peak()
        before = peak_memory()
        started = time.monotonic()
        result = sender.post(it.url(), HEADERS, body)
        took = time.monotonic() - started
        growth = peak_memory() - before
    sender.close()
    assert result.error == error
    assert status_fits(result, error)
    assert took < DEADLINE + SLACK + late.seconds
    assert abs(result.response_ms - took * 1000) < 200 + late.seconds * 1000
    assert sum(read) <= MOST_BYTES_READ == 131072
    # The sender makes one piece of head and body.
    assert growth < MOST_GROWTH + len(body)
    assert (result.detail == "") == (error is None)
    assert len(result.detail) <= 200


def test_a_dead_address_is_a_timeout_and_says_where_it_hung(sender: Sender, late: Lateness) -> None:
    with receivers.blackhole() as port:
        result = sender.post(f"http://127.0.0.1:{port}/", HEADERS, BODY)
    assert (result.error, result.detail) == ("TIMEOUT", "The receiver did not take the connection in time.")
    assert DEADLINE * 1000 <= result.response_ms < (DEADLINE + SLACK + late.seconds) * 1000
    assert result.connect_ms is not None
    assert result.tls_ms is None
    assert result.first_byte_ms is None


def test_several_dead_addresses_share_one_deadline(late: Lateness) -> None:
    with receivers.blackhole() as first, receivers.blackhole() as second, receivers.blackhole() as third:
        addresses = [f"127.0.0.1@{port}" for port in (first, second, third)]
        sender = Sender(deadline=DEADLINE, allow_private=True, resolve=answers_with(*addresses))
        result = sender.post("http://dead.test/", HEADERS, BODY)
    assert result.error == "TIMEOUT"
    assert DEADLINE * 1000 <= result.response_ms < (DEADLINE + SLACK + late.seconds) * 1000


def test_a_dead_address_leaves_half_of_the_time_to_the_next(late: Lateness) -> None:
    with receivers.blackhole() as port, receiver(receivers.answer(OK)) as it:
        sender = Sender(
            deadline=1.0, allow_private=True, resolve=answers_with(f"127.0.0.1@{port}", f"127.0.0.1@{it.port}")
        )
        result = sender.post(it.url(host="two.test"), HEADERS, BODY)
        sender.close()
    assert result.accepted
    assert result.connect_ms is not None
    assert 450 <= result.connect_ms <= 550 + late.seconds * 1000


def test_a_refused_connection_is_refused(sender: Sender) -> None:
    result = sender.post(f"http://127.0.0.1:{receivers.closed_port()}/", HEADERS, BODY)
    assert (result.error, result.status_code) == ("REFUSED", None)


def test_a_slow_name_server_is_a_timeout(late: Lateness) -> None:
    sender = Sender(deadline=DEADLINE, allow_private=True, resolve=answers_with("127.0.0.1", after=1))
    result = sender.post("http://slow.test/", HEADERS, BODY)
    assert (result.error, result.detail) == ("TIMEOUT", "The host name was not resolved in time.")
    assert result.response_ms < (DEADLINE + SLACK + late.seconds) * 1000
    assert result.dns_ms is not None
    assert result.connect_ms is None


def test_a_slow_name_and_a_slow_answer_share_one_deadline(late: Lateness) -> None:
    with receiver(receivers.silent) as it:
        sender = Sender(deadline=1.0, allow_private=True, resolve=answers_with("127.0.0.1", after=0.4))
        result = sender.post(it.url(host="slow.test"), HEADERS, BODY)
    assert (result.error, result.detail) == ("TIMEOUT", "The receiver did not answer in time.")
    assert result.response_ms < (1.0 + SLACK + late.seconds) * 1000


def test_a_name_that_does_not_exist_is_dns() -> None:
    def resolve(*_: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert Sender(resolve=resolve).post("https://nowhere.test/", HEADERS, BODY).error == "DNS"
    assert Sender(resolve=lambda *_: []).post("https://nowhere.test/", HEADERS, BODY).error == "DNS"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest)))
def test_whatever_a_receiver_answers_is_never_our_own_fault(sender: Sender, data: bytes) -> None:
    with receiver(receivers.answer_and_close(data)) as it:
        result = sender.post(it.url(), HEADERS, BODY)
    assert result.error != "INTERNAL"
    assert result.error is None or result.error in CODES or result.error == f"HTTP_{result.status_code}"
