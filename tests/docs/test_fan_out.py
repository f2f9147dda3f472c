"""The fan-out, started by the docs' commands, hands on whole requests, and answers in time whatever the targets do."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress

import pytest

from happ_webhooks.wire.sender import Sender
from integrations.connecting import connect
from integrations.pinging import send_test_ping
from tests.conftest import record
from tests.docs.conftest import PASSWORD, Shop, Start
from tests.docs.samples import Sample
from tests.processes import eventually
from tests.receiver import Receiver

pytestmark = pytest.mark.timeout(120)

FIRST, SECOND = "http://127.0.0.1:8081/happ", "http://127.0.0.1:8082/happ"


@pytest.fixture
def targets() -> Iterator[tuple[Receiver, Receiver]]:
    first, second = Receiver(), Receiver()
    yield first, second
    first.close()
    second.close()


Fan = Callable[[str, str], Sample]
Manner = Callable[[socket.socket], None]
Serve = Callable[[Manner], str]


@pytest.fixture
def fan(prepared: Start) -> Fan:
    def start(first: str, second: str) -> Sample:
        sample = prepared("Fan-out")
        sample.replace(FIRST, first)
        sample.replace(SECOND, second)
        return sample.start()

    return start


def test_every_target_gets_the_same_bytes_and_headers(fan: Fan, targets: tuple[Receiver, Receiver], shop: Shop) -> None:
    first, second = targets
    proxy = fan(first.url, second.url + "?of=two")
    connect(shop.id, url=proxy.url, password=PASSWORD)
    (event,) = record(shop.workspace, "chat_1")
    eventually(lambda: len(first.events) == len(second.events) == 1)

    assert [one.body for one in first.arrivals] == [other.body for other in second.arrivals]
    assert [handed_on(first, number) for number in (0, 1)] == [handed_on(second, number) for number in (0, 1)]
    assert handed_on(first, 1)["webhook-id"] == event.id
    assert handed_on(first, 1)["authorization"] == f"Bearer {PASSWORD}"
    assert [arrival.path for arrival in second.arrivals] == ["/happ?of=two"] * 2


def handed_on(target: Receiver, number: int) -> dict[str, str]:
    return {name: text for name, text in target.arrivals[number].headers.items() if name != "host"}


def test_one_target_that_fails_fails_the_whole(fan: Fan, targets: tuple[Receiver, Receiver], shop: Shop) -> None:
    first, second = targets
    proxy = fan(first.url, second.url)
    connect(shop.id, url=proxy.url)
    answers = []
    for status in (500, 429, 302, 410):
        second.script = lambda arrival, status=status: status  # type: ignore[misc]
        answers.append(send_test_ping(shop.id).status_code)
    assert answers == [500, 429, 502, 502]


def malformed(taken: socket.socket) -> None:
    taken.recv(65536)
    taken.sendall(b"what?\r\n\r\n")
    taken.close()


def dripping(taken: socket.socket) -> None:
    try:
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"z" * 60:
            taken.sendall(bytes([byte]))
            time.sleep(0.5)
    except OSError:
        taken.close()


def silent(taken: socket.socket) -> None:
    with closing(taken), suppress(OSError):
        while taken.recv(65536):
            pass


@pytest.fixture
def serving() -> Iterator[Serve]:
    """A target that answers its one request in its own manner."""
    with ExitStack() as opened:

        def serve(manner: Manner) -> str:
            listening = opened.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
            threading.Thread(target=lambda: manner(listening.accept()[0]), daemon=True).start()
            return f"http://127.0.0.1:{listening.getsockname()[1]}/happ"

        yield serve


@pytest.mark.parametrize(
    ("manner", "status", "most_ms"),
    [(malformed, 502, 2000), (dripping, 504, 4800), (silent, 504, 4800)],
)
def test_a_target_that_makes_no_sense_or_takes_too_long_is_answered_for(
    manner: Manner, status: int, most_ms: int, fan: Fan, targets: tuple[Receiver, Receiver], serving: Serve
) -> None:
    proxy = fan(targets[0].url, serving(manner))
    with closing(Sender(allow_private=True)) as sender:
        outcome = sender.post(proxy.url, {}, b"{}")
    assert outcome.status_code == status
    assert outcome.response_ms < most_ms


@pytest.mark.parametrize(
    "arguments",
    ["", "8080", "many http://one.example", "8080 one.example", "8080 http://", "8080 http://one.example:port"],
)
def test_arguments_that_make_no_sense_are_answered_with_one_sentence(arguments: str, prepared: Start) -> None:
    done = prepared("Fan-out").runs(f"exec python3 fan_out.py {arguments}")
    usage = "Usage: fan_out.py PORT URL [URL ...], where every URL begins with https:// or http://.\n"
    assert (done.returncode, done.stdout) == (1, usage)
