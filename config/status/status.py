"""The status of the platform: one sentence, and the findings it is drawn from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from config.findings import STATES, Finding, State, worst
from config.release import release
from config.status.events import events
from config.status.facts import Facts, Figures
from config.status.ground import ground
from config.status.work import work
from deliveries.flow import MINUTES

#: What hurts most first; of several that are as bad the sentence is of the first.
ORDER: Final = ("Database", "Schema", "Figures", "Queue fresh", "Broker", "Overdue", "Endpoints", "Queue troubled")
FLOWING: Final = "Events are flowing"
IDLE: Final = f"Events would flow: all is well, and none came in for {MINUTES} minutes."


@dataclass(frozen=True)
class Status:
    """At `at` by the clock of web."""

    at: datetime
    sentence: str
    findings: list[Finding]

    @property
    def state(self) -> State:
        return worst(self.findings)


def status_of(facts: Facts) -> Status:
    findings = [*_of_figures(facts.figures), *ground(facts), Finding("Release", "ok", release())]
    worst_first = sorted(findings, key=lambda finding: STATES.index(finding.state), reverse=True)
    return Status(facts.at, _sentence(findings, facts.figures), worst_first)


def _of_figures(figures: Figures | None) -> list[Finding]:
    return [] if figures is None else [*events(figures), *work(figures.signs)]


def _sentence(findings: list[Finding], figures: Figures | None) -> str:
    told = min((each for each in findings if each.headline), key=_weight, default=None)
    if told is not None and told.state == "error":
        return told.headline
    moves = figures is not None and any(minute.accepted or minute.delivered for minute in figures.minutes)
    if told is not None:
        return f"{FLOWING if moves else 'Events would flow'}, but {told.headline}."
    return f"{FLOWING}." if moves else IDLE


def _weight(finding: Finding) -> tuple[bool, int]:
    return finding.state != "error", ORDER.index(finding.name) if finding.name in ORDER else len(ORDER)
