"""The test of receivers finds what a receiver does wrong, and says so by name."""

import threading
from collections.abc import Callable

import pytest

from happ_webhooks.check import scenes
from happ_webhooks.check.__main__ import main
from happ_webhooks.wire.verification import verify
from tests.receiver import Arrival, Receiver, Reply

SECRET = "whsec_bm90IGEgc2VjcmV0LCBhbiBleGFtcGxlIGZvciB0ZXN0cyE="
PASSWORD = "pass-1"


def careful(arrival: Arrival) -> int:
    if arrival.headers.get("authorization") != f"Bearer {PASSWORD}":
        return 401
    return 204 if verify(SECRET, arrival.headers, arrival.body) == "valid" else 403


def played(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit status, and the promises that were broken."""
    status = main([receiver.url, "--password", PASSWORD, "--secret", SECRET])
    lines = capsys.readouterr().out.splitlines()
    return status, [line.removeprefix("BAD").strip().partition(":")[0] for line in lines if line.startswith("BAD")]


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
    ids: set[str] = set()
    lock = threading.Lock()

    def rule(arrival: Arrival) -> bool:
        with lock:
            known = arrival.headers["webhook-id"] in ids
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
            lambda arrival: " " in arrival.headers["webhook-signature"],
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
        ["accepts a repeated event", "accepts the same event twice at the same moment"],
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
    assert "accepts the ping: It was answered with REFUSED." in capsys.readouterr().out
