"""The failure policy: what a try's outcome makes of an event and of its endpoint. Pure: no clock, no database.

The rules are the product's (docs/decisions/0005). In short: an event climbs the ladder by failures that count; the
endpoint itself is asked by a ping after three failures in a row; while it is down only the oldest failing event goes on
climbing; any accepted ping makes every waiting head due at once, and a try so early costs nothing.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from deliveries.standing import Health, Standing, Try, Verdict
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.ladder import Ladder, clamp_retry_after

FAILURES_BEFORE_PING = 3
CHATS_BEFORE_STOP = 3
LONGEST_PING_GAP = 60.0
SILENCE_IN_LADDERS = 1.2
OWN_FAULT_PAUSE = 30.0
WIDEST_WINDOW = 8
LATE = timedelta(seconds=60)
CONNECTIVITY = frozenset({codes.DNS, codes.REFUSED, codes.TIMEOUT})


@dataclass(frozen=True)
class Policy:
    """The rules for one ladder. `deadline` is how many seconds a try may take; `rng` draws the jitter."""

    ladder: Ladder
    deadline: float = 5.0
    rng: random.Random | None = None

    def judge(self, event: Standing, health: Health, a_try: Try) -> Verdict:
        """Moves `event` and `health` by one try, and says what becomes of the event."""
        due = event.next_attempt_at
        event.attempts += 1
        event.first_attempt_at = event.first_attempt_at or a_try.started_at
        event.last_attempt_at = a_try.started_at
        if a_try.outcome.accepted:
            return self._accepted(health, a_try)
        if a_try.outcome.error == codes.INTERNAL and not a_try.counts:
            # A bug or a key of ours: the endpoint has not been asked at all.
            pause = a_try.now + timedelta(seconds=OWN_FAULT_PAUSE)
            event.next_attempt_at = max(event.next_attempt_at or pause, pause)
            return Verdict.RETRY
        if a_try.stale:
            event.next_attempt_at = event.next_attempt_at or a_try.now
            return Verdict.RETRY
        if event.failing_since is None and event.rung == 0:
            event.rung = min(a_try.inherited, self.ladder.tries - 1)
            event.failing_since = a_try.inherited_since
        self._endpoint_failed(health, a_try, due)
        wait = self._wait(health, a_try, self.ladder.delay(event.rung, self.rng))
        verdict = self._climb(event, health, a_try, wait)
        if verdict is Verdict.RETRY and self._silent_too_long(health, a_try):
            return Verdict.STOP
        return verdict

    def _wait(self, health: Health, a_try: Try, step: float) -> float:
        """Seconds until the next try. What the receiver asked for holds for the whole endpoint."""
        if a_try.outcome.retry_after is None:
            return step
        wait = clamp_retry_after(a_try.outcome.retry_after, step)
        until = a_try.now + timedelta(seconds=wait)
        # Of several that were on the wire together the longest wait holds.
        health.paused_until = max(health.paused_until or until, until)
        return wait

    def _accepted(self, health: Health, a_try: Try) -> Verdict:
        if health.down_since is not None:
            # Up again. Only an accepted ping frees the heads, so it is asked for at once.
            health.next_ping_at = a_try.now
        health.accept(a_try.now)
        health.dropped_chats = []
        return Verdict.DELIVERED

    def _endpoint_failed(self, health: Health, a_try: Try, due: datetime | None) -> None:
        health.window = 1
        health.failures_in_row += 1
        self._keep_silence_clock(health, a_try, due)
        asked = health.failures_in_row >= FAILURES_BEFORE_PING or a_try.outcome.status_code == 410
        if asked and health.down_since is None and health.next_ping_at is None:
            health.next_ping_at = a_try.now

    def _keep_silence_clock(self, health: Health, a_try: Try, due: datetime | None) -> None:
        """Since when nothing was accepted, without the time that HAPP itself was away.

        A try that starts late after its own time, the end of a pause and the try before it: HAPP was away.
        """
        waited_for = [moment for moment in (due, health.paused_until, health.last_attempt_at) if moment is not None]
        late = a_try.started_at - max(waited_for, default=a_try.started_at)
        health.last_attempt_at = a_try.started_at
        if health.failing_since is None or a_try.own_fault:
            health.failing_since = a_try.started_at
        elif late > LATE:
            health.failing_since = min(health.failing_since + late, a_try.started_at)

    def _silent_too_long(self, health: Health, a_try: Try) -> bool:
        if health.failing_since is None or a_try.own_fault:
            return False
        return a_try.now - health.failing_since >= self.longest_silence

    @property
    def longest_silence(self) -> timedelta:
        """1.2 x the ladder, with the time that its tries themselves may take: a short ladder must be able to run."""
        return timedelta(seconds=SILENCE_IN_LADDERS * (self.ladder.total + self.ladder.tries * self.deadline))

    def _climb(self, event: Standing, health: Health, a_try: Try, wait: float) -> Verdict:
        if event.next_attempt_at is not None and a_try.started_at < event.next_attempt_at:
            event.early_spent = True
            return Verdict.RETRY
        event.failing_since = event.failing_since or a_try.started_at
        if not a_try.own_fault:
            event.rung += 1
            event.early_spent = False
        if event.rung >= self.ladder.tries:
            return self._ceiling(event, health, a_try)
        event.next_attempt_at = a_try.now + timedelta(seconds=wait)
        return Verdict.RETRY

    def _ceiling(self, event: Standing, health: Health, a_try: Try) -> Verdict:
        """Drop this event if the endpoint took anything since its second try; else nothing gets through: stop."""
        since = a_try.second_attempt_at or event.failing_since or a_try.started_at
        if health.last_accepted_at is None or health.last_accepted_at <= since:
            return Verdict.STOP
        if event.chat not in health.dropped_chats:
            health.dropped_chats = [*health.dropped_chats, event.chat]
        return Verdict.STOP if len(health.dropped_chats) >= CHATS_BEFORE_STOP else Verdict.DROP

    def judge_ping(self, health: Health, a_try: Try, *, gone: bool = False) -> Verdict:
        """Moves `health` by the courier's own ping. `gone`: an event was just answered 410, and the ping too."""
        if a_try.stale and not a_try.outcome.accepted:
            return Verdict.RETRY
        due, health.next_ping_at = health.next_ping_at, None
        if a_try.outcome.accepted:
            health.accept(a_try.now)
            health.heads_due_at = a_try.now
            health.ping_rung = 0
            return Verdict.DELIVERED
        if a_try.outcome.error == codes.INTERNAL:
            health.next_ping_at = a_try.now + timedelta(seconds=OWN_FAULT_PAUSE)
            return Verdict.RETRY
        self._still_down(health, a_try, due)
        if (gone and a_try.outcome.status_code == 410) or self._silent_too_long(health, a_try):
            return Verdict.STOP
        return Verdict.RETRY

    def _still_down(self, health: Health, a_try: Try, due: datetime | None) -> None:
        health.window = 1
        self._keep_silence_clock(health, a_try, due)
        if health.down_since is None:
            health.down_since, health.ping_rung = a_try.now, 0
        step = min(self.ladder.delay(health.ping_rung, self.rng), LONGEST_PING_GAP)
        wait = self._wait(health, a_try, step)
        health.ping_rung = min(health.ping_rung + 1, self.ladder.tries)
        health.next_ping_at = a_try.now + timedelta(seconds=wait)

    def inherited_rung(self, waited_since: datetime, turn_at: datetime, head_rung: int) -> int:
        """The rung that an event's wait behind a failing head has reached: never past the head's own, for time in
        which HAPP was away moved neither; at least one try is left."""
        waited = (turn_at - waited_since).total_seconds()
        return max(0, min(self.ladder.reached(waited), head_rung, self.ladder.tries - 1))
