"""All hostile receivers at once, each the endpoint of a workspace, against one real worker and the real deadline."""

import datetime as dt
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from django.db.models import Max

from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record
from tests.hostile.conftest import Start
from tests.lateness import lateness
from tests.memory import forget_peak, peak_memory
from tests.processes import eventually
from tests.receiver import Receiver
from tests.wire import receivers
from tests.wire.hostile import EMPTY_413, HOSTILE
from tests.wire.receivers import OK, receiver
from tests.wire.test_sender_tls_hostile import BROKEN_HANDSHAKES, tickets_at_once

pytestmark = [pytest.mark.timeout(180)]

LONGEST_MS = 5300
MOST_GROWTH = 20 * 1024 * 1024
HONEST_WITHIN = 2.0
#: What an event of ordinary size meets: it fits into the buffers of a receiver that reads nothing.
SMALL = {"answers early and reads nothing": (receivers.answers_early(EMPTY_413, stay=True), "HTTP_413")}


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    it = trustme.CA()
    it.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return it


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


@pytest.fixture
def adversaries(authority: trustme.CA) -> Iterator[dict[str, tuple[str, str | None]]]:
    """Name -> (URL, the error it comes to)."""
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    good = authority.issue_cert("127.0.0.1")
    certificates = {
        "valid": (good, None),
        "expired": (authority.issue_cert("127.0.0.1", not_after=yesterday), "TLS"),
        "of another name": (authority.issue_cert("crm.example.com"), "TLS"),
        "of a stranger": (trustme.CA().issue_cert("127.0.0.1"), "TLS"),
    }
    with ExitStack() as stack:
        found = {
            name: (stack.enter_context(receiver(handler)).url(), error)
            for name, (handler, error) in {**HOSTILE, **SMALL}.items()
        }
        for name, (certificate, error) in certificates.items():
            it = stack.enter_context(receiver(receivers.answer(OK), context(certificate)))
            found[f"certificate {name}"] = (it.url(), error)
        inside = {"hangs": (receivers.silent, "TIMEOUT"), "body drips": HOSTILE["body drips"]}
        for name, (handler, error) in inside.items():
            found[f"TLS, then {name}"] = (stack.enter_context(receiver(handler, context(good))).url(), error)
        plain = {**BROKEN_HANDSHAKES, "drips": (receivers.drip_tls, "TIMEOUT")}
        plain["ticket flood"] = (tickets_at_once(context(good), 8000), "BAD_RESPONSE")
        for name, (handler, error) in plain.items():
            it = stack.enter_context(receiver(handler))
            found[f"handshake: {name}"] = (f"https://127.0.0.1:{it.port}/", error)
        found["never accepts"] = (f"http://127.0.0.1:{stack.enter_context(receivers.never_accepts())}/", "TIMEOUT")
        found["blackhole"] = (f"http://127.0.0.1:{stack.enter_context(receivers.blackhole())}/", "TIMEOUT")
        found["closed port"] = (f"http://127.0.0.1:{receivers.closed_port()}/", "REFUSED")
        yield found


def take_turns(shop: Workspace, honest: Receiver, over: Callable[[], bool]) -> list[float]:
    """Until it is over: an event of the honest shop, and how long it took to arrive."""
    waits = []
    while not over():
        before = len(honest.events)
        began = time.monotonic()
        record(shop, "chat_1")
        eventually(lambda before=before: len(honest.events) > before)  # type: ignore[misc]
        waits.append(time.monotonic() - began)
        time.sleep(0.2)
    return waits


@pytest.fixture
def honest() -> Iterator[Receiver]:
    it = Receiver()
    yield it
    it.close()


def test_no_receiver_holds_a_worker_fills_it_or_delays_an_honest_one(
    start: Start, adversaries: dict[str, tuple[str, str | None]], honest: Receiver, tmp_path: Path
) -> None:
    processes = start(
        "worker", "troubled", "beat", ladder="900,900", variables={"HAPP_CA_BUNDLE": str(tmp_path / "ca.pem")}
    )
    shop = Workspace.objects.create(name="Honest")
    connect(shop, honest.url)
    crowd = [Workspace.objects.create(name=name) for name in adversaries]
    warm_up(crowd)
    running = {name: process.pid for name, process in processes._running.items()}
    worker = running["worker"]
    forget_peak(worker)
    before = peak_memory(worker)

    for workspace in crowd:
        connect(workspace, adversaries[workspace.name][0])
    for workspace in crowd:
        record(workspace, "chat_1")
    hostile = Connection.objects.filter(workspace__in=crowd, closed_at=None)
    attempts = DeliveryAttempt.objects.filter(connection__in=hostile, number=1)
    with lateness() as late:
        waits = take_turns(shop, honest, lambda: attempts.count() == len(crowd))

    names = dict(hostile.values_list("pk", "workspace__name"))
    errors = {names[pk]: error or None for pk, error in attempts.values_list("connection_id", "error")}
    assert errors == {name: error for name, (_, error) in adversaries.items()}
    longest = attempts.aggregate(longest=Max("response_ms"))["longest"]
    growth = peak_memory(worker) - before
    print(f"{len(crowd)} receivers: longest {longest} ms, memory +{growth / 2**20:.1f} MiB, honest {max(waits):.3f} s")  # noqa: T201
    assert 5000 <= longest <= LONGEST_MS + late.seconds * 1000
    assert growth < MOST_GROWTH
    assert max(waits) < HONEST_WITHIN + late.seconds
    accepted = {name for name, (_, error) in adversaries.items() if error is None}
    delivered = Delivery.objects.filter(connection__in=hostile, status="delivered")
    assert set(delivered.values_list("workspace__name", flat=True)) == accepted
    deliver_once_more(crowd, honest)
    assert {name: process.pid for name, process in processes._running.items() if process.poll() is None} == running


def deliver_once_more(crowd: list[Workspace], honest: Receiver) -> None:
    """Each of them has an endpoint that answers now, and gets what it is owed: no slot, thread or lease is lost."""
    for workspace in crowd:
        connect(workspace, honest.url)
    honest.arrivals.clear()
    for workspace in crowd:
        record(workspace, "chat_1", "chat_2")
    eventually(lambda: len(honest.events) == 2 * len(crowd), 30)
    assert {event["workspace_id"] for event in honest.events} == {workspace.pk for workspace in crowd}


def unhurried(connection: socket.socket, it: receivers.Receiver) -> None:
    while receivers.read_request(connection, it):
        it.stop.wait(0.15)
        connection.sendall(OK)


def warm_up(crowd: list[Workspace]) -> None:
    """Every slot of the worker has a thread and a database connection, so that only the hostile add memory after."""
    with receiver(unhurried) as it:
        for _ in range(2):
            for workspace in crowd:
                connect(workspace, it.url())
            for workspace in crowd:
                record(workspace, "chat_1")
            eventually(lambda: not Delivery.objects.filter(status="pending", connection__closed_at=None).exists(), 60)
