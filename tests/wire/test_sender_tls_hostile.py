"""Hostile inside TLS: what OpenSSL would read on its own counts too, and no phase of TLS outlasts the deadline."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import trustme

from happ_webhooks.wire.deadline import MOST_BYTES_READ
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.sender import Sender
from tests.lateness import Lateness, lateness
from tests.wire import receivers
from tests.wire.hostile import HOSTILE
from tests.wire.receivers import OK, Receiver, receiver
from tests.wire.test_sender_hostile import late as late
from tests.wire.test_sender_hostile import read as read
from tests.wire.test_sender_hostile import status_fits
from tests.wire.test_sender_tls import Senders, context
from tests.wire.test_sender_tls import authority as authority
from tests.wire.test_sender_tls import sender as sender
from tests.wire.test_sender_tls import senders as senders

HOST = "crm.example.test"
HEADERS = {"accept-encoding": "identity"}
BODY = b'{"a":1}'
#: Of those that never answer.
SHORT = 1.0
SLACK = 0.3
HANDSHAKE = "The TLS handshake with the receiver failed."


def timed(sender: Sender, it: Receiver, body: bytes = BODY) -> Outcome:
    """One POST over TLS, which must end in time."""
    it.scheme = "https"
    with lateness() as late:
        started = time.monotonic()
        result = sender.post(it.url(host=HOST), HEADERS, body)
        took = time.monotonic() - started
    assert took < sender._deadline + SLACK + late.seconds
    return result


def tickets_at_once(tls: ssl.SSLContext, tickets: int) -> receivers.Handler:
    """Shakes hands, makes session tickets without end, and then sends all of them in one go."""
    tls.num_tickets = tickets

    def handle(connection: socket.socket, it: Receiver) -> None:
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = tls.wrap_bio(arrived, leaving, server_side=True)
        while True:
            try:
                server.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(leaving.read())
                if not (more := connection.recv(65536)):
                    return
                arrived.write(more)
        connection.sendall(leaving.read())
        it.stop.wait(30)

    return handle


def test_a_flood_of_session_tickets_is_cut_off_at_128_kib(
    sender: Sender, authority: trustme.CA, read: list[int]
) -> None:
    """OpenSSL alone would read all 2 MB of it before it gave the thread back, and 25 MB just as well."""
    with receiver(tickets_at_once(context(authority.issue_cert(HOST)), 8000)) as it:
        result = timed(sender, it)
    assert (result.error, result.status_code) == ("BAD_RESPONSE", None)
    assert sum(read) == MOST_BYTES_READ


def test_bytes_behind_an_answer_are_not_taken_for_the_next_one(sender: Sender, authority: trustme.CA) -> None:
    """A TLS record may hold more than one read takes: the rest waits where no look at the socket sees it."""
    forged = b"HTTP/1.1 503 Forged\r\nContent-Length: 0\r\n\r\n"
    for filler in (0, 8192 - len(OK), 9000):
        with receiver(receivers.answer(OK + b" " * filler + forged), context(authority.issue_cert(HOST))) as it:
            assert [timed(sender, it).status_code for _ in range(3)] == [200, 200, 200]
        assert len(it.requests) == 3


def quiet(name: str) -> bool:
    """Those that answer after a small request; the others need 8 MiB, which takes its time to encrypt."""
    return "reads" not in name


def test_every_hostile_receiver_is_as_harmless_inside_tls(
    senders: Senders, authority: trustme.CA, read: list[int], late: Lateness
) -> None:
    names = [name for name in HOSTILE if quiet(name)]
    tls = context(authority.issue_cert(HOST))
    patient, hasty = senders(5.0), senders(SHORT)

    def post(name: str) -> tuple[Outcome, float]:
        handler, error = HOSTILE[name]
        with receiver(handler, tls) as it:
            started = time.monotonic()
            sender = hasty if error == "TIMEOUT" else patient
            return sender.post(it.url(host=HOST), HEADERS, b"x" * 4096), time.monotonic() - started

    with ThreadPoolExecutor(8) as pool:
        results = dict(zip(names, pool.map(post, names), strict=True))
    assert {name: result.error for name, (result, _) in results.items()} == {name: HOSTILE[name][1] for name in names}
    assert all(status_fits(result, result.error) for result, _ in results.values())
    longest = SHORT + SLACK + late.seconds
    assert {name: took for name, (_, took) in results.items() if took >= longest} == {}
    assert sum(read) <= MOST_BYTES_READ * len(names)


@pytest.mark.parametrize("name", ["never reads", "reads a little now and then"])
def test_a_receiver_that_does_not_read_is_a_timeout_inside_tls(
    name: str, senders: Senders, authority: trustme.CA
) -> None:
    with receiver(HOSTILE[name][0], context(authority.issue_cert(HOST))) as it:
        result = timed(senders(SHORT), it, b"x" * (8 * 1024 * 1024))
    assert (result.error, result.detail) == ("TIMEOUT", "The receiver did not take the request in time.")


def hello_then(data: bytes, *, rst: bool = False, stay: bool = False) -> receivers.Handler:
    """Takes the client's hello and answers with something that is no handshake."""

    def handle(connection: socket.socket, it: Receiver) -> None:
        connection.recv(65536)
        connection.sendall(data)
        if rst:
            receivers.linger_zero(connection)
        if stay:
            it.stop.wait(30)

    return handle


#: What comes instead of a server's hello -> the error.
BROKEN_HANDSHAKES: dict[str, tuple[receivers.Handler, str]] = {
    "closes": (hello_then(b""), "TLS"),
    "resets": (hello_then(b"", rst=True), "RESET"),
    "resets at once": (receivers.reset_at_once, "RESET"),
    "half a record": (hello_then(b"\x16\x03\x03\x00\x40\x02"), "TLS"),
    "half a record, then nothing": (hello_then(b"\x16\x03\x03\x00\x40\x02", stay=True), "TIMEOUT"),
    "fatal alert": (hello_then(b"\x15\x03\x03\x00\x02\x02\x28"), "TLS"),
    "endless warnings": (receivers.flood_at_once(b"\x15\x03\x03\x00\x02\x01\x5a" * 100), "TLS"),
    "endless zeros": (receivers.flood_at_once(bytes(65536)), "TLS"),
    "endless empty records": (receivers.flood_at_once(b"\x16\x03\x03\x00\x00" * 100), "TLS"),
    "endless handshake message": (receivers.flood_at_once(b"\x16\x03\x03\x40\x00" + b"\x02\xff\xff\xff" * 4096), "TLS"),
    "SSL 2": (hello_then(b"\x80\x2e\x04\x00\x00\x02"), "TLS"),
    "another protocol": (hello_then(b"220 mail.example.com ESMTP\r\n"), "TLS"),
}


@pytest.mark.parametrize("name", BROKEN_HANDSHAKES)
def test_a_handshake_that_goes_wrong_ends_in_time_and_within_the_bytes(
    name: str, senders: Senders, read: list[int]
) -> None:
    handler, error = BROKEN_HANDSHAKES[name]
    with receiver(handler) as it:
        result = timed(senders(SHORT if error == "TIMEOUT" else 5.0), it)
    assert (result.error, result.status_code, result.first_byte_ms) == (error, None, None)
    assert sum(read) <= MOST_BYTES_READ
    assert it.requests == []


def test_an_old_version_of_tls_is_refused(sender: Sender, authority: trustme.CA) -> None:
    tls = context(authority.issue_cert(HOST))
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        tls.minimum_version, tls.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with receiver(receivers.answer(OK), tls) as it:
        result = timed(sender, it)
    assert (result.error, result.detail, it.requests) == ("TLS", HANDSHAKE, [])


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_versions_in_use_are_spoken(version: ssl.TLSVersion, sender: Sender, authority: trustme.CA) -> None:
    tls = context(authority.issue_cert(HOST))
    tls.minimum_version = tls.maximum_version = version
    with receiver(receivers.answer(OK), tls) as it:
        assert [timed(sender, it).status_code for _ in range(2)] == [200, 200]
    assert it.connections == 1


def test_a_receiver_that_says_goodbye_amid_the_headers_is_as_without_tls(sender: Sender, authority: trustme.CA) -> None:
    def handle(connection: socket.socket, it: Receiver) -> None:
        receivers.read_request(connection, it)
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: y\r\n")
        assert isinstance(connection, ssl.SSLSocket)
        connection.unwrap()

    with receiver(handle, context(authority.issue_cert(HOST))) as it:
        assert timed(sender, it).status_code == 200


def test_a_chain_of_certificates_without_end_is_refused(sender: Sender, authority: trustme.CA, read: list[int]) -> None:
    long = authority.issue_cert(HOST, *(f"name-{number}.example.test" for number in range(6000)))
    with receiver(receivers.answer(OK), context(long)) as it:
        result = timed(sender, it)
    assert (result.error in {"TLS", "BAD_RESPONSE"}, it.requests) == (True, [])
    assert sum(read) <= MOST_BYTES_READ


@pytest.mark.parametrize("names", [("other.test",), ("*.example.test.evil.test",), ("test",), ("*.test",)])
def test_a_name_that_only_resembles_is_another_name(
    names: tuple[str, ...], sender: Sender, authority: trustme.CA
) -> None:
    with receiver(receivers.answer(OK), context(authority.issue_cert(*names))) as it:
        result = timed(sender, it)
    assert (result.error, result.detail) == ("TLS", "The receiver's certificate is for another name.")
    assert it.requests == []


def test_the_receiver_is_told_which_host_is_meant(sender: Sender, authority: trustme.CA) -> None:
    """Many share an address; without the name they answer with another host's certificate."""
    asked: list[str | None] = []
    tls = context(authority.issue_cert(HOST))
    tls.sni_callback = lambda _socket, name, _context: asked.append(name)
    with receiver(receivers.answer(OK), tls) as it:
        assert timed(sender, it).accepted
    assert asked == [HOST]


def test_threads_that_share_a_sender_do_not_share_their_tls(sender: Sender, authority: trustme.CA) -> None:
    with receiver(receivers.answer(OK), context(authority.issue_cert(HOST))) as it:
        statuses: list[int | None] = []
        threads = [threading.Thread(target=lambda: statuses.append(timed(sender, it).status_code)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 20
