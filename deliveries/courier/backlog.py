"""What one courier still has to send: the chats in memory, and how far the database has been read."""

import time
from datetime import datetime

from deliveries.courier import claims
from deliveries.courier.chats import Chats
from deliveries.courier.owed import Owed
from deliveries.standing import Health

# Seconds between looks for what is new: at first the shortest, and twice as long after each that found nothing, so that
# fifty couriers that wait for hanging endpoints do not ask the database thousands of times a second.
LOOK_AFTER, LOOK_AT_LAST_AFTER = 0.02, 0.25
# Beside many others a courier sends a few events in its slice, alone some hundreds. So a run begins with a small claim,
# each after a full one is twice as large, and more is read when few are left: what is not sent was read for nothing.
FIRST_CLAIM = 32
FEW = 16
FED_AT_ONCE = 8


class Backlog:
    """Reads in sequence order, never twice, and no more than can be sent soon."""

    def __init__(self, connection_id: int, workspace_id: str) -> None:
        self.chats = Chats()
        self._connection_id = connection_id
        self._workspace_id = workspace_id
        self._cursor = 0
        self._more_new = False
        self._limit = FIRST_CLAIM
        self._looked_at = 0.0
        self._look_after = LOOK_AFTER

    def read_failing(self, health: Health) -> None:
        """Reads what waits for its next try: while the endpoint is down the oldest alone matters."""
        limit = 1 if health.down_since is not None else None
        self.chats.add_failing(claims.failing(self._connection_id, health.heads_due_at, limit))

    def look(self, health: Health, now: datetime) -> None:
        """Reads what is new, and sees which waiting tries are due."""
        if health.down_since is None:
            self._looked_at = time.monotonic()
            claim = claims.new(self._connection_id, self._cursor, self.chats.passed(), self._limit)
            self._cursor, self._more_new = claim.looked_to, claim.more
            if claim.more:
                self._limit = min(self._limit * 2, claims.LIMIT)
            self._look_after = LOOK_AFTER if claim.events else min(self._look_after * 2, LOOK_AT_LAST_AFTER)
            self.chats.add(claim.events)
        self.chats.refresh(health, now)

    def may_look(self, health: Health) -> bool:
        """Whether a look now could bring something that may be sent."""
        # What is accepted now comes behind what is known to wait.
        full = FEW if self._more_new else claims.LIMIT
        has_room = self.chats.queued < full and self.chats.queued_bytes < claims.BYTES
        return self.next_look_in() <= 0 and has_room and health.down_since is None

    def next_look_in(self) -> float:
        """Seconds until a look is worth while; 0 or less from then on."""
        return self._looked_at + self._look_after - time.monotonic()

    def has_next(self, health: Health, now: datetime) -> bool:
        """Whether an event may be sent now; reads more if memory has none."""
        while not self.chats.has_next(health, now):
            if health.is_paused(now) or health.down_since is not None or not self._refill(health, now):
                return False
        return True

    def _refill(self, health: Health, now: datetime) -> bool:
        hungry = self.chats.hungry()[:FED_AT_ONCE]
        for chat, after in hungry:
            claim = claims.followers(self._connection_id, self._workspace_id, chat, after)
            self.chats.fed(chat, claim.events, more=claim.more)
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
        if health.is_paused(now):
            # What is recorded in a pause wakes nobody.
            times.append(health.paused_until)
        if health.down_since is None and (self.chats.has_new() or self.chats.hungry() or self._more_new):
            times.append(now)
        due = min((each for each in times if each is not None), default=None)
        if due is not None and health.paused_until is not None:
            return max(due, health.paused_until)
        return due
