"""One courier's run: look, send, record, look again, until nothing is left or the slice is over.

This thread alone talks to the database and decides; the window's threads send. A POST starts only within a quarter of a
second of a look at the connection, so that a disconnect or new settings hold at once, and never while an answer has
waited that long for its recording.
"""

import logging
import time
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database

from deliveries.courier.backlog import LOOK_AFTER, Backlog
from deliveries.courier.judging import health_of
from deliveries.courier.lease import Clock
from deliveries.courier.owed import Answer, Owed
from deliveries.courier.post import post
from deliveries.courier.recording import Recorded, record_patiently
from deliveries.courier.slots import slice_seconds
from deliveries.courier.unrecorded import Unrecorded
from deliveries.courier.window import Window
from deliveries.metering.counted import DATABASE_ERRORS
from deliveries.models import Connection
from deliveries.policy import WIDEST_WINDOW, Policy
from deliveries.sealing import SealBroken
from deliveries.sending import Destination, destination
from deliveries.standing import Health, Verdict
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.outcome import Outcome

log = logging.getLogger(__name__)

FRESH = 0.25
CRASHES_BEFORE_ALONE = 3


class Run:
    """The state of one run. `ended` is None while the lease is held, else the word of the end."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.lease = (connection.pk, connection.lease_token or "")
        self.policy = Policy(settings.HAPP_RETRY_LADDER, settings.HAPP_DEADLINE_SECONDS)
        self.clock = clock
        self.health = health_of(connection)
        self.destination = self._opened(connection)
        self.alone = connection.crashes >= CRASHES_BEFORE_ALONE
        self.suspect = connection.suspect
        self.width = 1 if self.alone else self.health.window
        self.clean = 0
        self.backlog = Backlog(connection.pk, connection.workspace_id)
        self.window = Window()
        self.unrecorded = Unrecorded()
        self.pinging = False
        self.slice_began = 0.0
        self.ended: str | None = None

    def _opened(self, connection: Connection) -> Destination | None:
        try:
            return destination(connection, self.clock.read_at)
        except SealBroken:
            log.error("a secret of workspace=%s cannot be opened: check HAPP_ENCRYPTION_KEYS", connection.workspace_id)
            return None

    def work(self) -> datetime | None:
        """Runs to the end; returns when there is more to do, as far as this courier knows."""
        try:
            self._work()
        except (OperationalError, InterfaceError):
            # The database broke off in a look. What was answered still counts: `_await_late` asks it again.
            DATABASE_ERRORS.labels("look").inc()
            database.close()
            self.ended = "busy"
        self._await_late()
        # A time that has passed for certain by the database's clock: what is left is due at once.
        now = self.clock.read_at
        # Withheld POSTs are still owed.
        return now if self.ended == "busy" else self.backlog.resume_at(self.health, now)

    def _work(self) -> None:
        self.backlog.read_failing(self.health)
        self._count_suspect()
        self.backlog.look(self.health, self.clock.now())
        # From here: were reading part of the slice, a slow database would leave no time to send anything at all.
        self.slice_began = time.monotonic()
        while self.ended is None:
            self._start()
            if self.window:
                self._collect()
            elif not self.unrecorded:
                break
            if self.unrecorded.is_due() or (self.unrecorded and not self.window and not self._can_go_on()):
                self._record()
            elif self._has_free_slot() and self.backlog.may_look(self.health):
                self.backlog.look(self.health, self.clock.now())

    def _can_go_on(self) -> bool:
        """Whether there is something to send before what came back is written down."""
        return self._has_free_slot() and self.backlog.has_next(self.health, self.clock.now())

    def _start(self) -> None:
        """Fills the window with what may go now."""
        while self.ended is None and self._has_free_slot():
            now = self.clock.now()
            if not self._ping_due(now) and not self.backlog.has_next(self.health, now):
                return
            # A recording clears the suspect: alone, none may come while the next one is on the wire.
            unwritten = bool(self.unrecorded) if self.alone else self.unrecorded.waits_for(FRESH)
            if self.clock.age() >= FRESH or unwritten:
                self._record()
            elif self._ping_due(now):
                self.pinging = True
                self._send(None)
            else:
                self._send(self.backlog.chats.next(self.health, now))

    def _has_free_slot(self) -> bool:
        """Within the slice, or while the slot is held anyway by a POST that began in it."""
        end = self.slice_began + slice_seconds()
        in_slice = time.monotonic() < end or self.window.holds_older_than(end)
        return in_slice and len(self.window) < self.width

    def _ping_due(self, now: datetime) -> bool:
        due = self.health.next_ping_at
        return due is not None and due <= now and not self.pinging and not self.health.is_paused(now)

    def _send(self, owed: Owed | None) -> None:
        if self.alone and owed is not None:
            Connection.objects.filter(pk=self.lease[0], lease_token=self.lease[1]).update(suspect=owed.event_id)
        self.window.start(partial(post, owed, self.destination, self.clock))

    def _collect(self) -> None:
        for answer in self.window.answers(self._patience()):
            if not answer.sent:
                self.ended = "busy"
                continue
            self.unrecorded.add(answer)
            if answer.owed is None:
                self.pinging = False
            elif answer.outcome.accepted:
                self._widen()
                self.backlog.chats.advance(answer.owed)
            else:
                self.width = 1

    def _patience(self) -> float:
        """Seconds to wait for an answer before there is something else to do."""
        wait = max(self.backlog.next_look_in(), LOOK_AFTER) if self._has_free_slot() else FRESH
        return min(wait, self.unrecorded.due_in()) if self.unrecorded else wait

    def _widen(self) -> None:
        self.clean += 1
        if self.clean >= self.width and not self.alone:
            self.width, self.clean = min(self.width * 2, WIDEST_WINDOW), 0

    def _record(self) -> None:
        recorded = record_patiently(self.lease, self.unrecorded.take(), self.policy, self.width)
        if recorded is None:
            self.ended = "closed"
            return
        before, self.health = self.health, recorded.health
        self.clock = Clock(recorded.read_at, recorded.monotonic)
        self.destination = self._opened(recorded.connection)
        self._settle(recorded)
        if recorded.stopped:
            self.ended = "stopped"
        else:
            self._look_again(before, marked=recorded.marked)

    def _look_again(self, before: Health, *, marked: bool) -> None:
        came_up = before.down_since is not None and self.health.down_since is None
        if came_up or before.heads_due_at != self.health.heads_due_at:
            self.backlog.read_failing(self.health)
        if came_up or marked:
            self.backlog.look(self.health, self.clock.now())
        else:
            self.backlog.chats.refresh(self.health, self.clock.now())

    def _settle(self, recorded: Recorded) -> None:
        for judged in recorded.judged:
            owed = judged.answer.owed
            if owed is None or judged.standing is None:
                continue
            owed.standing = judged.standing
            if judged.verdict is Verdict.RETRY:
                self.backlog.chats.hold(owed)
            elif judged.verdict is Verdict.DROP:
                self.backlog.chats.advance(owed)

    def _count_suspect(self) -> None:
        """Couriers died on this event while they tried it alone: that counts as a failed try, though of ours."""
        owed = self.backlog.pick(self.suspect) if self.suspect else None
        if owed is not None:
            died = Outcome(error=codes.INTERNAL, detail="HAPP could not send this event.")
            self.unrecorded.add(
                Answer(
                    owed=owed,
                    outcome=died,
                    started_at=self.clock.now(),
                    answered_at=time.monotonic(),
                    settings_read_at=self.clock.read_at,
                    counts=True,
                )
            )
            self._record()

    def _await_late(self) -> None:
        """What was on the wire when the run ended is still logged."""
        while self.window:
            for answer in self.window.answers(FRESH):
                if answer.sent:
                    self.unrecorded.add(answer)
        if self.unrecorded:
            record_patiently(self.lease, self.unrecorded.take(), self.policy, self.width)
