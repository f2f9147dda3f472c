from dataclasses import dataclass, field
from datetime import datetime

from deliveries.standing import Standing
from happ_webhooks.wire.outcome import Outcome


@dataclass(kw_only=True)
class Owed:
    """A pending delivery in the courier's memory, with the exact text to send; empty if it is not due by now."""

    event_id: str
    sequence: int
    body: bytes = field(repr=False)
    standing: Standing

    @property
    def chat(self) -> str:
        return self.standing.chat


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one POST came to. Times are the database's, `answered_at` is monotonic.

    `owed` is None for the courier's own ping. `settings_read_at` is when url and password were read. `sent` is false
    if the POST was withheld because the lease had grown too old by the time it was its turn.
    """

    owed: Owed | None
    outcome: Outcome
    started_at: datetime
    answered_at: float
    settings_read_at: datetime
    counts: bool = False
    sent: bool = True
