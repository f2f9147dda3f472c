"""The test of receivers finds what a receiver does wrong, and says so by name."""

import base64
import hmac
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.demo.folder import CHECKOUT
from happ_webhooks.check import scenes, slowly
from happ_webhooks.check.__main__ import main
from happ_webhooks.check.findings import Finding, Verdict, accepts
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.signature import new_signing_secret
from happ_webhooks.wire.verification import verify
from tests.receiver import Arrival, Receiver, Reply

SECRET = "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE="
PASSWORD = "pass-1"
PAUSE = slowly.PAUSE_SECONDS


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowly, "PAUSE_SECONDS", 0.01)


def careful(arrival: Arrival) -> int:
    if arrival.headers.get("authorization") != f"Bearer {PASSWORD}":
        return 401
    return 204 if verify(SECRET, arrival.headers, arrival.body) == "valid" else 403


def played(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit status, and the promises that were broken."""
    return main([receiver.url, "--password", PASSWORD, "--secret", SECRET]), broken(capsys)


def broken(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [line.removeprefix("BAD").strip().partition(":")[0] for line in lines if line.startswith("BAD")]


def test_a_careful_receiver_passes(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    receiver.script = careful
    assert played(receiver, capsys) == (0, [])


def test_one_that_believes_everybody_is_found_out(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    assert played(receiver, capsys) == (
        1,
        [
            "refuses a wrong password",
            "refuses no password",
            "refuses a signature by another secret",
            "refuses an altered body",
            "refuses a request without a signature",
            "refuses an old timestamp",
        ],
    )


def breaks(rule: Callable[[Arrival], bool], status: int = 500) -> Callable[[Arrival], int]:
    return lambda arrival: status if rule(arrival) and careful(arrival) == 204 else careful(arrival)


def seen_before() -> Callable[[Arrival], bool]:
    """Also true of a second try that is read before the first, which hung up."""
    ids: set[str] = set()
    lock = threading.Lock()

    def rule(arrival: Arrival) -> bool:
        with lock:
            known = arrival.headers["webhook-id"] in ids or arrival.headers["happ-attempt"] != "1"
            ids.add(arrival.headers["webhook-id"])
            return known

    return rule


@pytest.mark.parametrize(
    ("rule", "promise"),
    [
        (lambda arrival: arrival.event["type"] == "order.created", "accepts order.created from every channel"),
        (lambda arrival: "something_new" in arrival.event, "ignores unknown fields"),
        (lambda arrival: arrival.event["type"] == "chat.started", "ignores unknown types"),
        (lambda arrival: len(arrival.body) > 100_000, "accepts a large event"),
        (
            lambda arrival: " " in arrival.headers.get("webhook-signature", ""),
            "accepts two signatures of which one fits",
        ),
    ],
    ids=["orders", "fields", "types", "large", "rotation"],
)
def test_one_that_breaks_one_promise_is_told_which(
    receiver: Receiver, capsys: pytest.CaptureFixture[str], rule: Callable[[Arrival], bool], promise: str
) -> None:
    receiver.script = breaks(rule)
    assert played(receiver, capsys) == (1, [promise])


def test_one_that_fails_on_duplicates_is_told_so(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    receiver.script = breaks(seen_before())
    assert played(receiver, capsys) == (
        1,
        [
            "accepts a repeated event",
            "accepts the same event twice at the same moment",
            "accepts an event again whose answer nobody read",
        ],
    )


def test_one_that_breaks_where_it_should_refuse_is_told_so(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.script = lambda arrival: 500 if careful(arrival) == 403 else careful(arrival)
    status, broken = played(receiver, capsys)
    assert (status, len(broken)) == (1, 4)


def test_nothing_more_is_sent_to_one_that_refuses_the_ping(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.script = lambda arrival: 404
    assert played(receiver, capsys) == (1, ["accepts the ping"])
    assert len(receiver.arrivals) == 1


def test_a_slow_one_is_told_so(
    receiver: Receiver, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenes, "SLOW_MS", 20)
    receiver.script = lambda arrival: Reply(careful(arrival), delay=0.03)
    assert played(receiver, capsys) == (1, ["is quick"])


def test_a_body_comes_in_five_pieces_over_two_to_three_seconds(
    receiver: Receiver, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(slowly, "PAUSE_SECONDS", PAUSE)
    monkeypatch.setattr(time, "sleep", waited.append)
    receiver.script = careful
    assert played(receiver, capsys) == (0, [])
    pauses = [seconds for seconds in waited if seconds == PAUSE]
    assert len(pauses) == 4
    assert 2 <= sum(pauses) <= 3


def test_one_that_reads_only_what_is_there_at_once_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    """It takes the first piece for the whole, whose signature does not fit."""
    with hasty_receiver() as url:
        assert main([url, "--secret", SECRET]) == 1
    assert broken(capsys) == ["accepts a body that comes slowly, in pieces", "accepts a large event"]


@contextmanager
def hasty_receiver() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read1(65536)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(204 if verify(SECRET, headers, body) == "valid" else 403)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/happ"
        server.shutdown()


def test_an_event_whose_answer_nobody_read_comes_again(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    receiver.script = careful
    played(receiver, capsys)
    again = [arrival for arrival in receiver.arrivals if arrival.headers["happ-attempt"] == "2"][-1]
    same = [each for each in receiver.arrivals if each.headers["webhook-id"] == again.headers["webhook-id"]]
    assert len(same) == 2
    assert same[0].body == same[1].body


def test_a_request_without_a_signature_has_no_such_header(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.script = lambda arrival: careful(arrival) if "webhook-signature" in arrival.headers else 204
    assert played(receiver, capsys) == (1, ["refuses a request without a signature"])
    [without] = [arrival for arrival in receiver.arrivals if "webhook-signature" not in arrival.headers]
    assert without.headers["authorization"] == f"Bearer {PASSWORD}"


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ("basic", "authorization", "Basic " + base64.b64encode(b"happ:pass-1").decode()),
        ("x-make-apikey", "x-make-apikey", PASSWORD),
        ("X-Make-Apikey", "x-make-apikey", PASSWORD),
    ],
)
def test_the_password_is_sent_in_the_way_that_was_asked_for(
    receiver: Receiver, capsys: pytest.CaptureFixture[str], auth: str, name: str, value: str
) -> None:
    receiver.script = lambda arrival: 204 if hmac.compare_digest(arrival.headers.get(name, ""), value) else 401
    assert main([receiver.url, "--password", PASSWORD, "--auth", auth]) == 0
    assert "ok       refuses a wrong password: Refused with 401." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], " If it checks a password or signatures, give --password and --secret."),
        (["--password", PASSWORD], " If it checks a password or signatures, give --secret."),
        (["--secret", SECRET], " If it checks a password or signatures, give --password."),
        (["--password", PASSWORD, "--secret", new_signing_secret()], ""),
    ],
    ids=["neither", "password", "secret", "both"],
)
def test_one_that_checks_more_than_was_given_gets_a_hint(
    receiver: Receiver, capsys: pytest.CaptureFixture[str], given: list[str], missing: str
) -> None:
    receiver.script = lambda arrival: 403 if careful(arrival) != 204 else 204
    assert main([receiver.url, *given]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"BAD      accepts the ping: It was answered with 403. HAPP cannot connect before a ping gets a 2xx.{missing}"
    )


def test_it_warns_before_it_sends_anything(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    receiver.script = lambda arrival: 404
    assert main([receiver.url]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        f"Sends invented messages and orders, not marked as tests: only at a copy of your receiver. URL: {receiver.url}"
    )


def test_its_command_says_what_it_found(receiver: Receiver) -> None:
    receiver.script = lambda arrival: 410
    done = subprocess.run(
        ["./run", "check-receiver", receiver.url], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "BAD      accepts the ping: It was answered with 410." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "the URL cannot be used"),
        (["http://127.0.0.1:9/", "--secret", "abc"], "A signing secret is whsec_ followed by base64."),
        (["http://127.0.0.1:9/", "--auth", "digest"], "auth.scheme is bearer, basic or header."),
        (["http://127.0.0.1:9/", "--password", "пароль"], "the password cannot be sent as it is: not_printable"),
    ],
    ids=["url", "secret", "auth", "password"],
)
def test_arguments_that_make_no_sense_are_named(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_receiver_that_is_not_there_is_said_to_refuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:1024/"]) == 1
    assert "accepts the ping: It was not answered: REFUSED." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome(error="TIMEOUT"), "It was not answered within five seconds. Answer first."),
        (Outcome(error="RESET"), "It was not answered: RESET. Answer first."),
        (Outcome(status_code=302, error="REDIRECT"), "It was answered with 302. Answer first."),
    ],
    ids=lambda part: part.error if isinstance(part, Outcome) else "",
)
def test_what_came_back_is_said_in_words(outcome: Outcome, sentence: str) -> None:
    good = Outcome(status_code=204)
    assert accepts("accepts it", [good, outcome, good], "Answer first.") == Finding("accepts it", Verdict.BAD, sentence)
