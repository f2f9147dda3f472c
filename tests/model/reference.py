"""The failure policy as the product promises it, written a second time from the promises: pure, in seconds.

One `Reference` is a connection at a moment: what it owes, and how its endpoint does. A courier's visit is a row of
POSTs and answers; the reference says whether each POST was allowed, and what each answer makes of event and endpoint.
"""

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from happ_webhooks.wire.outcome import Outcome

Verdict = Literal["delivered", "retry", "drop", "stop", "gone"]

LONGEST_PING_GAP = 60.0
OUR_OWN_FAULT = 30.0
LATE = 60.0
#: Moments closer to each other than this are not told apart: an answer's and its recording's, on a busy machine.
BLUR = 0.5


@dataclass
class Event:
    """One delivery; times in seconds."""

    id: str
    sequence: int
    chat: str
    recorded_at: float
    status: str = "pending"
    reason: str = ""
    rung: int = 0
    attempts: int = 0
    early_spent: bool = False
    failing_since: float | None = None
    last_try: float | None = None
    second_try: float | None = None
    due: float | None = None
    settled_at: float | None = None
    last_error: str = ""


@dataclass
class Endpoint:
    """How an endpoint does."""

    failing_since: float | None = None
    failures_in_row: int = 0
    last_attempt: float | None = None
    last_accepted: float | None = None
    down_since: float | None = None
    ping_rung: int = 0
    ping_due: float | None = None
    heads_due: float | None = None
    paused_until: float | None = None
    dropped_chats: list[str] = field(default_factory=list)


@dataclass
class Reference:
    """A connection: its ladder, its events by sequence, its endpoint. `closed` is its reason once it stopped."""

    steps: tuple[float, ...]
    deadline: float
    events: dict[str, Event]
    endpoint: Endpoint
    closed: str = ""

    @property
    def tries(self) -> int:
        return len(self.steps) + 1

    def heads(self) -> list[Event]:
        """The oldest pending event of each chat, oldest first."""
        found: dict[str, Event] = {}
        for event in sorted(self.events.values(), key=lambda event: event.sequence):
            if event.status == "pending":
                found.setdefault(event.chat, event)
        return list(found.values())

    def due_at(self, event: Event) -> float:
        """When a head may be tried, as things stand; an endpoint that is down has but one such head."""
        if event.attempts == 0:
            return event.recorded_at
        freed = self.endpoint.heads_due
        if freed is not None and not event.early_spent and event.last_try is not None and freed > event.last_try:
            return freed
        return event.due or event.recorded_at

    def next_moment(self) -> float | None:
        """When somebody must look again; None if nothing waits for time."""
        heads = self.heads()
        if self.endpoint.down_since is not None:
            heads = [head for head in heads if head.attempts][:1]
        moments = [self.due_at(head) for head in heads]
        if self.endpoint.ping_due is not None:
            moments.append(self.endpoint.ping_due)
        if not moments:
            return None
        return max(min(moments), self.endpoint.paused_until or 0.0)

    def why_not(self, event: Event, at: float) -> str | None:
        """The rule that a POST of this event at this moment breaks."""
        heads = {head.chat: head for head in self.heads()}
        if event.status != "pending":
            return f"it was {event.status} before"
        if heads[event.chat] is not event:
            return "an earlier event of its chat waits"
        if self.endpoint.paused_until is not None and at < self.endpoint.paused_until:
            return "the receiver asked to wait"
        if self.endpoint.down_since is not None and event is not self._oldest_failing():
            return "the endpoint is down and another event is the oldest that fails"
        if at < self.due_at(event) - 0.05:
            return "its turn is later"
        return None

    def why_no_ping(self, at: float) -> str | None:
        due = self.endpoint.ping_due
        if due is None or at < due - 0.05:
            return "no ping is due"
        if self.endpoint.paused_until is not None and at < self.endpoint.paused_until:
            return "the receiver asked to wait"
        return None

    def _oldest_failing(self) -> Event | None:
        return next((head for head in self.heads() if head.attempts), None)

    def event_answered(self, event: Event, outcome: Outcome, at: float, *, counts: bool = False) -> Verdict:
        """What the answer to an event's POST makes of it; `counts`: couriers died on it, which counts as a failure."""
        due = event.due
        event.attempts += 1
        event.last_try = at
        event.last_error = outcome.error or ""
        if event.attempts == 2:
            event.second_try = at
        if outcome.accepted:
            return self._accepted(event, at)
        if outcome.error == "INTERNAL" and not counts:
            event.due = max(due or 0.0, at + OUR_OWN_FAULT)
            self.endpoint.last_attempt = at
            return "retry"
        self._inherit(event)
        self._endpoint_failed(outcome, at, due)
        wait = self._wait(outcome, self.steps[min(event.rung, len(self.steps) - 1)], at)
        if due is not None and at < due:
            event.early_spent = True
        else:
            event.failing_since = event.failing_since or at
            event.rung += 1
            event.early_spent = False
            if event.rung >= self.tries:
                return self._ceiling(event, at)
            event.due = at + wait
        return self._stop("MAX_RETRIES_EXCEEDED") if self._silent_too_long(at) else "retry"

    def _accepted(self, event: Event, at: float) -> Verdict:
        if self.endpoint.down_since is not None:
            self.endpoint.ping_due = at
        self._endpoint_accepted(at)
        self.endpoint.dropped_chats = []
        event.status, event.settled_at, event.due = "delivered", at, None
        return "delivered"

    def _endpoint_accepted(self, at: float) -> None:
        self.endpoint.failing_since = None
        self.endpoint.failures_in_row = 0
        self.endpoint.last_accepted = at
        self.endpoint.last_attempt = at
        self.endpoint.down_since = None

    def _inherit(self, event: Event) -> None:
        """The rung that the wait behind the failing head has reached; at least one try is left."""
        before = [each for each in self.events.values() if each.chat == event.chat and each.sequence < event.sequence]
        head = max(before, key=lambda each: each.sequence, default=None)
        if event.failing_since is not None or event.rung or head is None:
            return
        if head.failing_since is None or head.settled_at is None:
            return
        waited = head.settled_at - max(head.failing_since, event.recorded_at)
        reached = sum(end <= waited for end in accumulate(self.steps))
        event.rung = max(0, min(reached, head.rung, self.tries - 1))
        event.failing_since = head.failing_since if event.rung else None

    def _endpoint_failed(self, outcome: Outcome, at: float, due: float | None) -> None:
        self.endpoint.failures_in_row += 1
        self._silence_goes_on(at, due)
        asks = self.endpoint.failures_in_row >= 3 or outcome.status_code == 410
        if asks and self.endpoint.down_since is None and self.endpoint.ping_due is None:
            self.endpoint.ping_due = at

    def _silence_goes_on(self, at: float, due: float | None) -> None:
        """Time in which HAPP itself was away is no silence of the endpoint's."""
        waited_for = (due, self.endpoint.paused_until, self.endpoint.last_attempt)
        late = at - max((each for each in waited_for if each is not None), default=at)
        self.endpoint.last_attempt = at
        if self.endpoint.failing_since is None:
            self.endpoint.failing_since = at
        elif late > LATE:
            self.endpoint.failing_since = min(self.endpoint.failing_since + late, at)

    def _wait(self, outcome: Outcome, step: float, at: float) -> float:
        if outcome.retry_after is None:
            return step
        wait = min(max(outcome.retry_after, step), max(step, 3600.0))
        self.endpoint.paused_until = max(self.endpoint.paused_until or 0.0, at + wait)
        return wait

    def _silent_too_long(self, at: float) -> bool:
        longest = 1.2 * (sum(self.steps) + self.tries * self.deadline)
        return self.endpoint.failing_since is not None and at - self.endpoint.failing_since >= longest

    def _ceiling(self, event: Event, at: float) -> Verdict:
        since = event.second_try or event.failing_since or at
        accepted = self.endpoint.last_accepted
        if accepted is None or accepted <= since:
            return self._stop("MAX_RETRIES_EXCEEDED")
        if event.chat not in self.endpoint.dropped_chats:
            self.endpoint.dropped_chats.append(event.chat)
        if len(self.endpoint.dropped_chats) >= 3:
            return self._stop("MAX_RETRIES_EXCEEDED")
        event.status, event.reason, event.settled_at, event.due = "dropped", "MAX_RETRIES_EXCEEDED", at, None
        return "drop"

    def _stop(self, reason: str) -> Verdict:
        self.closed = reason
        return "gone" if reason == "GONE" else "stop"

    def ping_answered(self, outcome: Outcome, at: float) -> Verdict:
        """What the answer to the courier's own ping makes of the endpoint."""
        due, self.endpoint.ping_due = self.endpoint.ping_due, None
        if outcome.accepted:
            self._endpoint_accepted(at)
            self.endpoint.heads_due = at
            self.endpoint.ping_rung = 0
            return "delivered"
        if outcome.error == "INTERNAL":
            self.endpoint.ping_due = at + OUR_OWN_FAULT
            self.endpoint.last_attempt = at
            return "retry"
        self._silence_goes_on(at, due)
        if self.endpoint.down_since is None:
            self.endpoint.down_since, self.endpoint.ping_rung = at, 0
        step = min(self.steps[min(self.endpoint.ping_rung, len(self.steps) - 1)], LONGEST_PING_GAP)
        self.endpoint.ping_due = at + self._wait(outcome, step, at)
        self.endpoint.ping_rung = min(self.endpoint.ping_rung + 1, self.tries)
        refused = any(head.attempts and head.last_error == "HTTP_410" for head in self.heads())
        if outcome.status_code == 410 and refused:
            return self._stop("GONE")
        return self._stop("MAX_RETRIES_EXCEEDED") if self._silent_too_long(at) else "retry"
