"""What the failure policy moves: where an event stands, how its endpoint does, and one try as it sees it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from happ_webhooks.wire.outcome import Outcome


class Verdict(Enum):
    """What becomes of an event after a try."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DROP = "drop"
    STOP = "stop"


@dataclass(kw_only=True)
class Health:
    """How an endpoint does: the columns of the same names on Connection."""

    failing_since: datetime | None = None
    failures_in_row: int = 0
    last_attempt_at: datetime | None = None
    last_accepted_at: datetime | None = None
    down_since: datetime | None = None
    ping_rung: int = 0
    next_ping_at: datetime | None = None
    heads_due_at: datetime | None = None
    paused_until: datetime | None = None
    dropped_chats: list[str] = field(default_factory=list)
    window: int = 1

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def accept(self, now: datetime) -> None:
        """A 2xx to an event or a ping."""
        self.failing_since = None
        self.failures_in_row = 0
        self.last_accepted_at = now
        self.down_since = None


@dataclass(kw_only=True)
class Standing:
    """Where an event stands on the ladder: the columns of the same names on Delivery."""

    chat: str
    recorded_at: datetime
    rung: int = 0
    attempts: int = 0
    early_spent: bool = False
    failing_since: datetime | None = None
    first_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None

    def due_at(self, health: Health) -> datetime | None:
        """When its next try may start; None for one that was never tried, which may at once."""
        if self.attempts == 0:
            return None
        if self.may_go_early(health):
            return health.heads_due_at
        return self.next_attempt_at

    def may_go_early(self, health: Health) -> bool:
        freed, last = health.heads_due_at, self.last_attempt_at
        return not self.early_spent and freed is not None and last is not None and freed > last


@dataclass(frozen=True, kw_only=True)
class Try:
    """One POST of an event, as the policy sees it.

    `stale`: it went out with settings that have been changed since, so that its failure says nothing of today's.
    `second_attempt_at` is the start of the event's second try and matters only at the ceiling; `inherited` is the
    rung that the event's wait behind a failing head has reached, and `inherited_since` the start of that wait.
    """

    outcome: Outcome
    started_at: datetime
    now: datetime
    stale: bool = False
    own_fault: bool = False
    counts: bool = False  # an INTERNAL that counts: three couriers died on this event
    second_attempt_at: datetime | None = None
    inherited: int = 0
    inherited_since: datetime | None = None
