"""Kept connections: used again, never poisoned, and never the reason an event fails."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from happ_webhooks.wire import connections
from happ_webhooks.wire.connections import BudgetConnection, ready
from happ_webhooks.wire.deadline import Budget, current
from happ_webhooks.wire.resolver import Resolver
from happ_webhooks.wire.sender import Sender
from tests.wire import receivers
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import OK, Receiver, answers_with, read_request, receiver

HEADERS = {"accept-encoding": "identity"}
BODY = b'{"a":1}'
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def sender() -> Iterator[Sender]:
    it = Sender(deadline=1.0, allow_private=True)
    yield it
    it.close()


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        CREATED,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2048\r\n\r\n" + b"a" * 2048,
    ],
)
def test_a_small_answer_keeps_the_connection(answer: bytes, sender: Sender) -> None:
    with receiver(receivers.answer(answer)) as it:
        first, second = sender.post(it.url(), HEADERS, BODY), sender.post(it.url(), HEADERS, BODY)
    assert (it.connections, len(it.requests)) == (1, 2)
    assert first.status_code == second.status_code
    assert first.dns_ms is not None
    assert first.connect_ms is not None
    assert second.first_byte_ms is not None
    assert (second.dns_ms, second.connect_ms, second.tls_ms) == (None, None, None)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2049\r\n\r\n" + b"a" * 2049,
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
def test_other_answers_end_the_connection(answer: bytes, sender: Sender) -> None:
    with receiver(receivers.answer(answer)) as it:
        for _ in range(2):
            sender.post(it.url(), HEADERS, BODY)
    assert (it.connections, len(it.requests)) == (2, 2)


def test_a_late_answer_after_a_1xx_is_not_taken_for_the_next_one(sender: Sender) -> None:
    late = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with receiver(receivers.answer(late, OK + CREATED)) as it:
        assert sender.post(it.url(), HEADERS, BODY).error == "HTTP_103"
        assert sender.post(it.url(), HEADERS, BODY).error == "HTTP_103"
    assert it.connections == 2


def one_answer_then(ending: str, times: int) -> receivers.Handler:
    """The first `times` connections answer once and break as the next request arrives; later ones behave."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        breaks = it.connections <= times
        while read_request(connection, it):
            connection.sendall(OK)
            if breaks:
                connection.recv(1)
                if ending == "reset":
                    receivers.linger_zero(connection)
                return

    return handle


@pytest.mark.parametrize("ending", ["close", "reset"])
def test_a_kept_connection_that_dies_under_the_request_does_not_fail_the_event(ending: str, sender: Sender) -> None:
    with receiver(one_answer_then(ending, times=1)) as it:
        results = [sender.post(it.url(), HEADERS, BODY) for _ in range(3)]
    assert [result.error for result in results] == [None, None, None]
    assert (it.connections, len(it.requests)) == (2, 3)


def test_a_resend_takes_no_connection_that_was_open_before() -> None:
    """The others to this receiver may be just as dead, and another thread may have taken the new one."""
    budget = Budget(1)
    connection = BudgetConnection("127.0.0.1", 1, resolver=Resolver(socket.getaddrinfo, allow_private=True))
    ours, theirs = socket.socketpair()
    with theirs, ours:
        token = current.set(budget)
        try:
            connection.sock = ours
            assert ready(connection).sock is ours
            assert budget.reused
            budget.fresh = True
            assert ready(connection).sock is None
            assert not budget.reused
        finally:
            current.reset(token)


def test_out_of_descriptors_the_kept_connections_are_given_up() -> None:
    def resolve(host: str, *arguments: int) -> list[object]:
        if host == "other.test":
            raise OSError(errno.EMFILE, "Too many open files")
        return list(socket.getaddrinfo(host, *arguments))

    sender = Sender(deadline=1.0, allow_private=True, resolve=resolve)
    with receiver(receivers.answer(OK)) as it:
        assert sender.post(it.url(), HEADERS, BODY).accepted
        assert sender.post("http://other.test/", HEADERS, BODY).error == "INTERNAL"
        assert sender.post(it.url(), HEADERS, BODY).accepted
        sender.close()
    assert it.connections == 2


def test_a_resend_happens_once(sender: Sender) -> None:
    def handle(connection: socket.socket, it: Receiver) -> None:
        if it.connections == 1 and read_request(connection, it):
            connection.sendall(OK)
        read_request(connection, it)

    with receiver(handle) as it:
        assert sender.post(it.url(), HEADERS, BODY).accepted
        assert sender.post(it.url(), HEADERS, BODY).error == "RESET"
    assert (it.connections, len(it.requests)) == (2, 3)


def test_a_new_connection_that_breaks_is_not_tried_again(sender: Sender) -> None:
    with receiver(receivers.close_early) as it:
        assert sender.post(it.url(), HEADERS, BODY).error == "RESET"
    assert (it.connections, len(it.requests)) == (1, 1)


def test_a_kept_connection_that_breaks_within_an_answer_is_not_tried_again(sender: Sender) -> None:
    with receiver(receivers.answer(OK, b"HTT")) as it:
        assert sender.post(it.url(), HEADERS, BODY).accepted
        assert sender.post(it.url(), HEADERS, BODY).error == "TIMEOUT"
    assert len(it.requests) == 2


def test_a_connection_the_receiver_closed_meanwhile_is_replaced(sender: Sender) -> None:
    with receiver(receivers.answer_and_close(OK)) as it:
        assert [sender.post(it.url(), HEADERS, BODY).error for _ in range(3)] == [None, None, None]
    assert (it.connections, len(it.requests)) == (3, 3)


def test_a_dripping_body_costs_a_quarter_of_a_second_at_most() -> None:
    sender = Sender(deadline=5, allow_private=True)
    with receiver(HOSTILE["body drips"][0]) as it:
        result = sender.post(it.url(), HEADERS, BODY)
    assert result.accepted
    assert 240 <= result.response_ms <= 800


def test_a_sender_can_be_closed_and_used_again(sender: Sender) -> None:
    with receiver(receivers.answer(OK)) as it:
        for _ in range(2):
            assert sender.post(it.url(), HEADERS, BODY).accepted
            sender.close()
    assert it.connections == 2


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226, 299])
def test_every_2xx_is_accepted(status: int, sender: Sender) -> None:
    with receiver(receivers.answer(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as it:
        result = sender.post(it.url(), HEADERS, BODY)
    assert (result.accepted, result.error, result.status_code, result.detail) == (True, None, status, "")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503, 600, 999])
def test_every_other_status_is_its_own_error(status: int, sender: Sender) -> None:
    with receiver(receivers.answer(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as it:
        result = sender.post(it.url(), HEADERS, BODY)
    assert (result.accepted, result.error, result.status_code) == (False, f"HTTP_{status}", status)
    assert result.detail == f"The receiver answered with status {status}."


@pytest.mark.parametrize(("status", "asked"), [(429, 7.0), (503, 7.0), (500, None), (200, None), (302, None)])
def test_retry_after_counts_on_429_and_503_only(status: int, asked: float | None, sender: Sender) -> None:
    head = b"HTTP/1.1 %d X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n" % status
    with receiver(receivers.answer(head)) as it:
        assert sender.post(it.url(), HEADERS, BODY).retry_after == asked


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "error", [ConnectionResetError(errno.ECONNRESET, "reset by peer"), BrokenPipeError(errno.EPIPE, "broken pipe")]
)
def test_a_reset_before_the_connection_stands_is_the_receivers_doing(
    sender: Sender, scheme: str, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in a thousand resets comes so early; urllib3 would go on to read from a socket that is not there."""

    def reset(*_: object) -> None:
        raise error

    monkeypatch.setattr(connections, "_connect_to", reset)
    assert sender.post(f"{scheme}://127.0.0.1:9/", HEADERS, BODY).error == "RESET"


@pytest.mark.parametrize("refused_first", [True, False])
def test_what_the_receivers_other_address_came_to_says_more_than_a_machine_without_ipv6(
    refused_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Sender(allow_private=True, resolve=answers_with("127.0.0.1", "::1"))
    left = [errno.ECONNREFUSED, errno.EADDRNOTAVAIL]
    if not refused_first:
        left.reverse()

    def fail(*_: object) -> None:
        raise OSError(left.pop(0), "no connection")

    monkeypatch.setattr(connections, "_connect_to", fail)
    assert both.post("http://crm.example.com/", HEADERS, BODY).error == "REFUSED"
    assert left == []


@pytest.mark.parametrize("number", [errno.EHOSTDOWN, errno.ENONET, errno.EPROTO, errno.ENOPROTOOPT, errno.EAFNOSUPPORT])
def test_a_receiver_that_no_way_leads_to_is_no_fault_of_ours(
    number: int, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "no way")

    monkeypatch.setattr(connections, "_connect_to", fail)
    assert sender.post("http://127.0.0.1:9/", HEADERS, BODY).error == "REFUSED"
