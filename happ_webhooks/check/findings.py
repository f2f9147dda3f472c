"""What a receiver did with a scene of the test, and what that means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from happ_webhooks.wire.outcome import TIMEOUT, Outcome


class Verdict(Enum):
    """`LOOK` is for what only the receiver's own records can show."""

    OK = "ok"
    BAD = "BAD"
    SKIPPED = "skipped"
    LOOK = "look"


@dataclass(frozen=True)
class Finding:
    """One promise: its name, the verdict, and one sentence on why or on what to do."""

    promise: str
    verdict: Verdict
    sentence: str


def accepts(promise: str, outcomes: Iterable[Outcome], fix: str) -> Finding:
    """The receiver should have answered all of them with 2xx in time."""
    refused = [outcome for outcome in outcomes if not outcome.accepted]
    if refused:
        return Finding(promise, Verdict.BAD, f"{said(refused[0])} {fix}")
    return Finding(promise, Verdict.OK, "Answered with 2xx.")


def refuses(promise: str, outcome: Outcome, fix: str) -> Finding:
    """The receiver should have refused it with a status, and not by breaking."""
    if outcome.accepted:
        return Finding(promise, Verdict.BAD, f"It was accepted with {outcome.status_code}. {fix}")
    if outcome.status_code is None or outcome.status_code >= 500:
        return Finding(promise, Verdict.BAD, f"{said(outcome)} Refuse it with 401 or 403.")
    return Finding(promise, Verdict.OK, f"Refused with {outcome.status_code}.")


def said(outcome: Outcome) -> str:
    """What came back, as a sentence."""
    if outcome.error == TIMEOUT:
        return "It was not answered within five seconds."
    if outcome.status_code is None:
        return f"It was not answered: {outcome.error}."
    return f"It was answered with {outcome.status_code}."
