"""What a look at the installation finds: how it stands, in one sentence, and what to do, in another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["ok", "warning", "error"]
#: The worst last.
STATES: Final[tuple[State, ...]] = ("ok", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """`runbook` is the name of the alert that would tell of it, whose page in docs/ops/alerts goes on from here.

    `headline` is what it means for events, in a sentence that stands alone.
    """

    name: str
    state: State
    says: str
    fix: str = ""
    runbook: str = ""
    headline: str = ""

    @property
    def page(self) -> str:
        """The runbook's path in the repository, or nothing."""
        return f"docs/ops/alerts/{self.runbook}.md" if self.runbook else ""


def worst(findings: list[Finding]) -> State:
    return max((each.state for each in findings), key=STATES.index, default="ok")


def plural(count: int, one: str) -> str:
    """`1 worker`, `2 workers`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def some(names: Sequence[str], most: int = 5) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def ago(seconds: float) -> str:
    """`40 s` or `12 min`."""
    return f"{max(seconds, 0):.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
