"""Watching what leaves the engine: every POST is held against the promises at the moment it starts."""

import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from deliveries.models import Delivery
from happ_webhooks.wire.outcome import Outcome
from tests.model.endpoint import Post
from tests.model.reference import Reference

#: After a connection ended no POST of it starts later. A test that wants to know moves the clock on by more.
GRACE = 0.5


@dataclass
class Visit:
    """One courier's visit. `before` is the reference after each of its answers: what a crash may have left.

    `disturbed`: something happened in the middle of it that the reference does not know of.
    """

    connection_id: int
    reference: Reference
    strict: bool
    before: list[Reference] = field(default_factory=list)
    disturbed: bool = False

    def __post_init__(self) -> None:
        self.before.append(deepcopy(self.reference))

    def answered(self) -> None:
        self.before.append(deepcopy(self.reference))


@dataclass(frozen=True)
class Sight:
    """A POST of a courier's, as it was seen. `event_id` is empty for a ping."""

    event_id: str
    generation: int
    at: float
    outcome: Outcome


@dataclass
class Owed:
    """An event that was accepted: its generation, 0 if nobody was connected."""

    id: str
    sequence: int
    chat: str
    body: bytes
    generation: int


class Watch:
    """Sees every POST, keeps what was accepted, and notes each breach as a sentence in `faults`."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self.faults: list[str] = []
        self.accepted: dict[str, Owed] = {}
        self.sights: list[Sight] = []
        self.generation_of: dict[str, int] = {}
        self.ended: dict[int, float] = {}
        self.in_flight: dict[str, str] = {}
        self.addresses: dict[int, str] = {}

    def starts(self, post: Post, visit: Visit, at: float) -> None:
        """A courier's POST starts: it took up its order at that moment, which is not after its look at the lease."""
        with self._lock:
            generation = self.generation_of[post.url]
            ended = self.ended.get(generation)
            if ended is not None and at > ended + GRACE:
                self._breach(f"a POST of generation {generation} started {at - ended:.3f} s after its end")
            if post.is_ping:
                self._ping_starts(visit, at)
            else:
                self._event_starts(post, visit, generation, at)

    def _breach(self, fault: str) -> None:
        self.faults.append(fault)

    def _ping_starts(self, visit: Visit, at: float) -> None:
        if visit.strict and not visit.disturbed and (why := visit.reference.why_no_ping(at)):
            self._breach(f"a ping went out although {why}")

    def _event_starts(self, post: Post, visit: Visit, generation: int, at: float) -> None:
        owed = self.accepted.get(post.event_id)
        if owed is None:
            return self._breach(f"{post.event_id} was never accepted")
        if post.body != owed.body:
            self._breach(f"event {owed.sequence} went out with other bytes")
        if owed.generation != generation:
            self._breach(f"event {owed.sequence} of generation {owed.generation} went to generation {generation}")
        if (other := self.in_flight.get(owed.chat)) and other != owed.id:
            self._breach(f"two events of {owed.chat} are in flight")
        self.in_flight[owed.chat] = owed.id
        if why := self._why_not(post, visit, at):
            self._breach(f"event {owed.sequence} of {owed.chat} went out although {why}")
        return None

    def _why_not(self, post: Post, visit: Visit, at: float) -> str | None:
        if visit.disturbed:
            settled = Delivery.objects.exclude(status="pending").filter(pk=post.event_id).first()
            return f"it was {settled.status} before" if settled else None
        event = visit.reference.events.get(post.event_id)
        if event is None:
            # It came in while the courier was at work: nothing of its chat may wait before it.
            return None
        if visit.strict:
            said = int(post.headers["happ-attempt"])
            return visit.reference.why_not(event, at) or _wrong_number(said, event.attempts + 1)
        # With several in flight an answer may not be recorded yet; the order within a chat holds all the same.
        heads = [each for each in visit.reference.heads() if each.chat == event.chat]
        return None if heads and heads[0] is event else "an earlier event of its chat waits"

    def ends(self, post: Post, visit: Visit, outcome: Outcome) -> None:
        """A courier's POST was answered."""
        at = self._now()
        with self._lock:
            generation = self.generation_of[post.url]
            self.sights.append(Sight("" if post.is_ping else post.event_id, generation, at, outcome))
            if post.is_ping:
                visit.reference.ping_answered(outcome, at)
            else:
                self.in_flight.pop(self.accepted[post.event_id].chat, None)
                event = visit.reference.events.get(post.event_id)
                if event is not None:
                    visit.reference.event_answered(event, outcome, at)
            visit.answered()

    def posts_of(self, event_id: str) -> list[Sight]:
        return [sight for sight in self.sights if sight.event_id == event_id]


def _wrong_number(said: int, number: int) -> str | None:
    return None if said == number else f"it says attempt {said} and is {number}"
