"""TLS: always verified, and a failure says what is wrong with the certificate."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from happ_webhooks.wire.sender import Sender
from tests.lateness import Lateness
from tests.wire import receivers
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import OK, answers_with, receiver
from tests.wire.test_sender_hostile import late as late

HEADERS = {"accept-encoding": "identity"}
BODY = b'{"a":1}'
HOST = "crm.example.test"
#: Whoever answers at once has answered by then, however busy the machine is.
DEADLINE = 5.0
#: Of those that never answer.
SHORT = 0.5
SLACK = 0.3


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


Senders = Callable[[float], Sender]


@pytest.fixture
def senders(authority: trustme.CA, tmp_path: Path) -> Iterator[Senders]:
    """Makes a sender with a deadline."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with ExitStack() as stack:

        def make(deadline: float) -> Sender:
            bundle = str(tmp_path / "ca.pem")
            it = Sender(deadline=deadline, allow_private=True, ca_bundle=bundle, resolve=answers_with("127.0.0.1"))
            stack.callback(it.close)
            return it

        yield make


@pytest.fixture
def sender(senders: Senders) -> Sender:
    return senders(DEADLINE)


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


def test_a_good_certificate_is_accepted_and_the_connection_kept(sender: Sender, authority: trustme.CA) -> None:
    with receiver(receivers.answer(OK), context(authority.issue_cert(HOST))) as it:
        first, second = (sender.post(it.url(host=HOST), HEADERS, BODY) for _ in range(2))
    assert (first.error, second.error) == (None, None)
    assert (it.connections, len(it.requests)) == (1, 2)
    assert first.tls_ms is not None
    assert (second.dns_ms, second.connect_ms, second.tls_ms) == (None, None, None)


def test_a_kept_tls_connection_that_was_closed_does_not_fail_the_event(sender: Sender, authority: trustme.CA) -> None:
    with receiver(receivers.answer_and_close(OK), context(authority.issue_cert(HOST))) as it:
        assert [sender.post(it.url(host=HOST), HEADERS, BODY).error for _ in range(3)] == [None, None, None]


def test_an_expired_certificate_says_so(sender: Sender, authority: trustme.CA) -> None:
    then = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    check(sender, context(authority.issue_cert(HOST, not_after=then)), "The receiver's certificate has expired.")


def test_a_certificate_for_another_name_says_so(sender: Sender, authority: trustme.CA) -> None:
    check(sender, context(authority.issue_cert("other.test")), "The receiver's certificate is for another name.")


def test_a_self_signed_certificate_says_so(sender: Sender, tmp_path: Path) -> None:
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    stranger.private_key_pem.write_to_path(str(tmp_path / "own.key"))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "own.pem", tmp_path / "own.key")
    check(sender, made, "The receiver's certificate is self-signed.")


def test_an_unknown_authority_says_so(sender: Sender) -> None:
    expected = "The receiver's certificate is not from a trusted authority, or its chain is incomplete."
    check(sender, context(trustme.CA().issue_cert(HOST)), expected)


def test_the_public_authorities_are_the_default(authority: trustme.CA) -> None:
    sender = Sender(deadline=DEADLINE, allow_private=True, resolve=answers_with("127.0.0.1"))
    expected = "The receiver's certificate is not from a trusted authority, or its chain is incomplete."
    check(sender, context(authority.issue_cert(HOST)), expected)


def check(sender: Sender, tls: ssl.SSLContext, detail: str) -> None:
    with receiver(receivers.answer(OK), tls) as it:
        result = sender.post(it.url(host=HOST), HEADERS, BODY)
    assert (result.error, result.detail, result.status_code) == ("TLS", detail, None)
    assert it.requests == []


def test_a_receiver_without_tls_is_tls(sender: Sender) -> None:
    def handle(connection: socket.socket, it: receivers.Receiver) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with receiver(handle) as it:
        it.scheme = "https"
        result = sender.post(it.url(host=HOST), HEADERS, BODY)
    assert (result.error, result.detail) == ("TLS", "The TLS handshake with the receiver failed.")


@pytest.mark.parametrize("handler", [receivers.never_reads, receivers.drip_tls])
def test_a_handshake_that_hangs_or_drips_is_a_timeout(
    handler: receivers.Handler, senders: Senders, late: Lateness
) -> None:
    with receiver(handler) as it:
        it.scheme = "https"
        result = senders(SHORT).post(it.url(host=HOST), HEADERS, BODY)
    assert (result.error, result.detail) == ("TIMEOUT", "The receiver did not finish the TLS handshake in time.")
    assert SHORT * 1000 <= result.response_ms < (SHORT + SLACK + late.seconds) * 1000


@pytest.mark.parametrize("name", ["headers drip", "100 flood", "endless body", "never reads", "body drips"])
def test_the_deadline_and_the_byte_cap_hold_inside_tls(
    name: str, senders: Senders, authority: trustme.CA, late: Lateness
) -> None:
    handler, error = HOSTILE[name]
    body = b"x" * (8 * 1024 * 1024 if name == "never reads" else 1024)
    with receiver(handler, context(authority.issue_cert(HOST))) as it:
        result = senders(SHORT if error == "TIMEOUT" else DEADLINE).post(it.url(host=HOST), HEADERS, body)
    assert result.error == error
    assert result.response_ms < (SHORT + SLACK + late.seconds) * 1000


def test_the_handshake_and_the_sending_share_one_deadline(
    senders: Senders, authority: trustme.CA, late: Lateness
) -> None:
    tls = context(authority.issue_cert(HOST))

    def handle(connection: socket.socket, it: receivers.Receiver) -> None:
        it.stop.wait(SHORT)
        with tls.wrap_socket(connection, server_side=True):
            it.stop.wait(30)

    with receiver(handle) as it:
        it.scheme = "https"
        result = senders(SHORT * 3).post(it.url(host=HOST), HEADERS, b"x" * (8 * 1024 * 1024))
    assert (result.error, result.detail) == ("TIMEOUT", "The receiver did not take the request in time.")
    assert result.response_ms < (SHORT * 3 + SLACK + late.seconds) * 1000
