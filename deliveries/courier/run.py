"""One courier's run: look, send, record, look again, until nothing is left or the slice is over.

This thread alone talks to the database and decides; the window's threads send. A POST starts only within a quarter of a
second of a look at the connection, so that a disconnect or new settings hold at once, and never while an answer has
waited that long for its recording.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database

from deliveries.courier import claims
from deliveries.courier.chats import FULL, Chats
from deliveries.courier.lease import Clock, Release, lease_seconds, release, take
from deliveries.courier.owed import Answer, Owed
from deliveries.courier.post import post
from deliveries.courier.recording import Recorded, health_of, record
from deliveries.courier.window import Window
from deliveries.models import Connection
from deliveries.policy import WIDEST_WINDOW, Policy, Verdict
from deliveries.sealing import SealBroken
from deliveries.sending import Destination, destination
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.outcome import Outcome

log = logging.getLogger(__name__)

SLICE = 0.5
LOOK_EVERY = 0.02
FRESH = 0.25
RECORD_AFTER = 0.1
RECORD_AT = 128
QUEUED_AT_MOST = 512
CRASHES_BEFORE_ALONE = 3
FED_AT_ONCE = 8


def empty(connection_id: int) -> tuple[str, Release]:
    """One visit to a connection: the lease, a run, and the lease given back.

    Returns "delivered", "waiting", "stopped", "closed" or "busy", and what the release saw.
    """
    try:
        taken = take(connection_id)
    except (OperationalError, InterfaceError):
        # This slot's database connection broke while it was idle; a second failure is an outage, and the mark stays.
        database.close()
        taken = take(connection_id)
    if taken is None:
        return "busy", Release()
    run = Run(*taken)
    resume_at = run.work()
    released = release(*run.lease, resume_at)
    return run.ended or ("waiting" if released.waits else "delivered"), released


class Run:
    """The state of one run. `ended` is None while the lease is held, else the word of the end."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.lease = (connection.pk, connection.lease_token or "")
        self.workspace_id = connection.workspace_id
        self.policy = Policy(settings.HAPP_RETRY_LADDER)
        self.clock = clock
        self.health = health_of(connection)
        self.destination = self._opened(connection)
        self.alone = connection.crashes >= CRASHES_BEFORE_ALONE
        self.suspect = connection.suspect
        self.width = 1 if self.alone else self.health.window
        self.clean = 0
        self.chats = Chats()
        self.window = Window()
        self.unrecorded: list[Answer] = []
        self.pinging = False
        self.cursor = 0
        self.more_new = False
        self.looked_at = 0.0
        self.slice_end = time.monotonic() + SLICE
        self.ended: str | None = None

    def _opened(self, connection: Connection) -> Destination | None:
        try:
            return destination(connection, self.clock.read_at)
        except SealBroken:
            log.error("a secret of workspace=%s cannot be opened: check HAPP_ENCRYPTION_KEYS", connection.workspace_id)
            return None

    def work(self) -> datetime | None:
        """Runs to the end; returns when there is more to do, as far as this courier knows."""
        self._count_suspect()
        self.chats.add_failing(claims.failing(self.lease[0]))
        self._look()
        while self.ended is None:
            self._start()
            if not self.window and not self.unrecorded:
                break
            self._collect()
            if self._must_record():
                self._record()
            elif self._may_look():
                self._look()
        self._await_late()
        return self._resume_at()

    def _await_late(self) -> None:
        """The connection was closed under us: what was on the wire is still logged."""
        while self.window:
            self.unrecorded += [answer for answer in self.window.answers(FRESH) if answer.sent]
        if self.unrecorded:
            self._recorded(self.unrecorded)

    # Looking

    def _look(self) -> None:
        """Reads what is new."""
        self.looked_at = time.monotonic()
        events = claims.new(self.lease[0], self.cursor, self.chats.passed())
        self.more_new = len(events) == claims.CLAIM or sum(len(event.body) for event in events) >= claims.CLAIM_BYTES
        if events:
            self.cursor = events[-1].sequence
            self.chats.add(events)
        self.chats.refresh(self.health, self.clock.now())

    def _may_look(self) -> bool:
        return (
            len(self.window) < self.width
            and self._may_start()
            and self.health.down_since is None
            and self.chats.queued < QUEUED_AT_MOST
            and time.monotonic() - self.looked_at >= LOOK_EVERY
        )

    def _feed(self) -> bool:
        """Reads the followers of chats that can go on."""
        hungry = self.chats.hungry()[:FED_AT_ONCE] if self.health.down_since is None else []
        for chat, after in hungry:
            events = claims.followers(self.lease[0], self.workspace_id, chat, after, FULL)
            self.chats.fed(chat, events, limit=FULL)
        return bool(hungry)

    # Starting

    def _may_start(self) -> bool:
        """Within the slice, or while the slot is held anyway by a POST that began in it."""
        return time.monotonic() < self.slice_end or self.window.holds_older_than(self.slice_end)

    def _start(self) -> None:
        while self.ended is None and len(self.window) < self.width and self._may_start():
            now = self.clock.now()
            if not self._has_startable(now):
                return
            if not self._is_fresh():
                continue
            if self._ping_due(now):
                self.pinging = True
                self._send(None)
            elif event := self.chats.next(self.health, now):
                self._send(event)

    def _has_startable(self, now: datetime) -> bool:
        while not self._ping_due(now) and not self.chats.has_next(self.health, now):
            if not self._refill():
                return False
        return True

    def _refill(self) -> bool:
        if self.health.is_paused(self.clock.now()):
            return False
        if self._feed():
            return True
        if self.more_new and self.health.down_since is None:
            self._look()
            return True
        return False

    def _is_fresh(self) -> bool:
        """Whether the last look at the connection is recent enough to start on; if not, looks."""
        if self.clock.age() < FRESH and not self._unrecorded_for(FRESH):
            return True
        self._record()
        return False

    def _ping_due(self, now: datetime) -> bool:
        due = self.health.next_ping_at
        return due is not None and due <= now and not self.pinging and not self.health.is_paused(now)

    def _send(self, owed: Owed | None) -> None:
        if self.alone and owed is not None:
            Connection.objects.filter(pk=self.lease[0], lease_token=self.lease[1]).update(suspect=owed.event_id)
        self.window.start(partial(post, owed, self.destination, self.clock))

    # Collecting

    def _collect(self) -> None:
        if not self.window:
            return
        waits = LOOK_EVERY if len(self.window) < self.width and self._may_start() else FRESH
        for answer in self.window.answers(RECORD_AFTER if self.unrecorded and waits > RECORD_AFTER else waits):
            if not answer.sent:
                self.ended = "busy"
                return
            self.unrecorded.append(answer)
            if answer.owed is None:
                self.pinging = False
            elif answer.outcome.accepted:
                self._widen()
                self.chats.advance(answer.owed)
            else:
                self.width = 1

    def _widen(self) -> None:
        self.clean += 1
        if self.clean >= self.width and not self.alone:
            self.width, self.clean = min(self.width * 2, WIDEST_WINDOW), 0

    # Recording

    def _unrecorded_for(self, seconds: float) -> bool:
        return bool(self.unrecorded) and time.monotonic() - self.unrecorded[0].answered_at >= seconds

    def _must_record(self) -> bool:
        if not self.unrecorded:
            return False
        urgent = any(answer.owed is None or not answer.outcome.accepted for answer in self.unrecorded)
        return urgent or not self.window or len(self.unrecorded) >= RECORD_AT or self._unrecorded_for(RECORD_AFTER)

    def _record(self) -> None:
        answers, self.unrecorded = self.unrecorded, []
        recorded = self._recorded(answers)
        if recorded is None:
            self.ended = "closed"
            return
        was_down = self.health.down_since is not None
        self.clock = Clock(recorded.read_at)
        self.health = recorded.health
        self.destination = self._opened(recorded.connection)
        self._settle(recorded)
        if recorded.stopped:
            self.ended = "stopped"
        elif recorded.marked or (was_down and self.health.down_since is None):
            self._look()
        else:
            self.chats.refresh(self.health, self.clock.now())

    def _recorded(self, answers: Sequence[Answer]) -> Recorded | None:
        """Records; a database that is away is asked again for as long as the lease can still be ours."""
        give_up = time.monotonic() + lease_seconds()
        while True:
            try:
                return record(self.lease, answers, self.policy, self.width)
            except (OperationalError, InterfaceError):
                database.close()
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def _settle(self, recorded: Recorded) -> None:
        for judged in recorded.judged:
            owed = judged.answer.owed
            if owed is None or judged.standing is None:
                continue
            owed.standing = judged.standing
            if judged.verdict is Verdict.RETRY:
                self.chats.hold(owed)
            elif judged.verdict is Verdict.DROP:
                self.chats.advance(owed)

    def _count_suspect(self) -> None:
        """Couriers died on this event while they tried it alone: that counts as a failed try of ours."""
        owed = claims.one(self.lease[0], self.suspect) if self.suspect else None
        if owed is not None:
            died = Outcome(error=codes.INTERNAL, detail="HAPP could not send this event.")
            now = time.monotonic()
            self.unrecorded = [
                Answer(owed=owed, outcome=died, started_at=self.clock.now(), answered_at=now, counts=True)
            ]
            self.chats.add([owed])
            self.chats.next(self.health, self.clock.now())
            self._record()

    # Ending

    def _resume_at(self) -> datetime | None:
        now = self.clock.now()
        times = [self.health.next_ping_at, self.chats.next_due(self.health)]
        if self.health.down_since is None and (self.chats.has_new() or self.chats.hungry() or self.more_new):
            times.append(now)
        due = min((time for time in times if time is not None), default=None)
        if due is not None and self.health.paused_until is not None:
            return max(due, self.health.paused_until)
        return due
