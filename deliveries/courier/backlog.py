"""What one courier still has to send: the chats in memory, and how far the database has been read."""

import time
from datetime import datetime

from deliveries.courier import claims
from deliveries.courier.chats import FULL, Chats
from deliveries.courier.owed import Owed
from deliveries.policy import Health

LOOK_EVERY = 0.02
QUEUED_AT_MOST = 512
FED_AT_ONCE = 8


class Backlog:
    """Reads in sequence order, never twice, and no more than can be sent soon."""

    def __init__(self, connection_id: int, workspace_id: str) -> None:
        self.chats = Chats()
        self._connection_id = connection_id
        self._workspace_id = workspace_id
        self._cursor = 0
        self._more_new = False
        self._looked_at = 0.0

    def read_failing(self) -> None:
        self.chats.add_failing(claims.failing(self._connection_id))

    def look(self, health: Health, now: datetime) -> None:
        """Reads what is new."""
        self._looked_at = time.monotonic()
        events = claims.new(self._connection_id, self._cursor, self.chats.passed())
        cut = sum(len(event.body) for event in events) >= claims.CLAIM_BYTES
        self._more_new = cut or len(events) == claims.CLAIM
        if events:
            self._cursor = events[-1].sequence
            self.chats.add(events)
        self.chats.refresh(health, now)

    def may_look(self, health: Health) -> bool:
        """Whether a look now could bring something that may be sent."""
        waited = time.monotonic() - self._looked_at >= LOOK_EVERY
        return waited and health.down_since is None and self.chats.queued < QUEUED_AT_MOST

    def has_next(self, health: Health, now: datetime) -> bool:
        """Whether an event may be sent now; reads more if memory has none."""
        while not self.chats.has_next(health, now):
            if health.is_paused(now) or health.down_since is not None or not self._refill(health, now):
                return False
        return True

    def _refill(self, health: Health, now: datetime) -> bool:
        hungry = self.chats.hungry()[:FED_AT_ONCE]
        for chat, after in hungry:
            events = claims.followers(self._connection_id, self._workspace_id, chat, after, FULL)
            self.chats.fed(chat, events, limit=FULL)
        if not hungry and self._more_new:
            self.look(health, now)
            return True
        return bool(hungry)

    def pick(self, event_id: str) -> Owed | None:
        """One event by its id, marked as in flight before any other of its chat; None if it is not owed any more."""
        owed = claims.one(self._connection_id, event_id)
        if owed is not None:
            self.chats.pick(owed)
        return owed

    def resume_at(self, health: Health, now: datetime) -> datetime | None:
        """When there is more to do, as far as this courier knows; None if it knows of nothing."""
        times = [health.next_ping_at, self.chats.next_due(health)]
        if health.down_since is None and (self.chats.has_new() or self.chats.hungry() or self._more_new):
            times.append(now)
        due = min((each for each in times if each is not None), default=None)
        if due is not None and health.paused_until is not None:
            return max(due, health.paused_until)
        return due
