"""The connection check: the phases of one ping with their times, and which of them failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from happ_webhooks.wire import outcome as codes

State = Literal["done", "failed", "not_reached", "not_needed"]

PHASES: tuple[tuple[str, str | Promise], ...] = (
    ("dns_ms", _("Name lookup (DNS)")),
    ("connect_ms", _("Connecting")),
    ("tls_ms", _("Encryption (TLS)")),
    ("first_byte_ms", _("First byte of the answer")),
)
ANSWER = _("Status of the answer")
WORDS: dict[State, Promise] = {
    "done": _("OK"),
    "failed": _("Failed here"),
    "not_reached": _("Not reached"),
    "not_needed": _("Not needed"),
}
#: Where these always happen; the others are found by the times.
FAILS_AT = {codes.DNS: "dns_ms", codes.BLOCKED: "dns_ms", codes.REFUSED: "connect_ms", codes.TLS: "tls_ms"}
STATUS = "status_code"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A row: `begin` and `width` place its bar within the whole time, in per cent."""

    label: str | Promise
    state: State
    ms: int | None = None
    status: int | None = None
    begin: int = 0
    width: int = 0

    @property
    def word(self) -> Promise:
        return WORDS[self.state]


@dataclass(frozen=True, kw_only=True)
class Check:
    accepted: bool
    title: str
    detail: str
    total_ms: int
    phases: list[Phase]


def check_of(attempt: Mapping[str, Any]) -> Check:
    """For a person, from `{attempt}` of the API (integrations.pinging.attempt_document)."""
    failed = None if attempt["error"] is None else _failed_at(attempt)
    return Check(
        accepted=attempt["error"] is None,
        title=attempt["title"],
        detail=attempt["detail"],
        total_ms=attempt["response_ms"],
        phases=[*_measured(attempt, failed), _answer(attempt, failed)],
    )


def _measured(attempt: Mapping[str, Any], failed: str | None) -> list[Phase]:
    reached = max(
        (at for at, (name, _label) in enumerate(PHASES) if attempt[name] is not None or name == failed), default=-1
    )
    rows: list[Phase] = []
    begun, total = 0, max(1, attempt["response_ms"], sum(attempt[name] or 0 for name, _label in PHASES))
    for at, (name, label) in enumerate(PHASES):
        ms: int | None = attempt[name]
        state: State = "not_reached" if at > reached else "not_needed"
        if name == failed:
            state = "failed"
        elif ms is not None:
            state = "done"
        width = 0 if ms is None else max(1, 100 * ms // total)
        rows.append(Phase(label=label, state=state, ms=ms, begin=100 * begun // total, width=width))
        begun += ms or 0
    return rows


def _answer(attempt: Mapping[str, Any], failed: str | None) -> Phase:
    status: int | None = attempt[STATUS]
    state: State = "not_reached" if status is None else "done"
    return Phase(label=ANSWER, state="failed" if failed == STATUS else state, status=status)


def _failed_at(attempt: Mapping[str, Any]) -> str | None:
    """The phase's name; None if it is a fault of ours that belongs to none.

    A phase that was cut off has the time it took until then: at a time-out it is the last one measured, unless most of
    the time went by after it.
    """
    error = attempt["error"]
    if error == codes.INTERNAL:
        return None
    if attempt[STATUS] is not None or attempt["first_byte_ms"] is not None:
        return STATUS
    if error in FAILS_AT:
        return FAILS_AT[error]
    measured = [name for name, _label in PHASES if attempt[name] is not None]
    after = attempt["response_ms"] - sum(attempt[name] for name in measured)
    if error == codes.TIMEOUT and (not measured or attempt[measured[-1]] > after):
        return measured[-1] if measured else "dns_ms"
    return "first_byte_ms"
