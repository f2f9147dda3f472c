"""Who is at work: beat and every worker process leave a trace in the database, without any remote control.

Beat's trace is left by the sweep it sends every three seconds, when a worker runs it: so it stands for beat, broker and
workers together. A worker process has a thread that leaves its own every five seconds, however busy its slots are; it
goes when the worker ends in order, and turns silent when the worker is killed or frozen.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import Error as DatabaseError
from django.db import connection as database

from deliveries.metering.counted import DATABASE_ERRORS
from deliveries.models import Heartbeat

log = logging.getLogger(__name__)

State = Literal["alive", "late", "silent"]

BEAT = "beat"
EVERY_SECONDS = 5.0
LATE_SECONDS, SILENT_SECONDS = 15, 60
#: A worker that was killed is shown as silent for so long; its successor has another name.
SHOWN_SECONDS = 900

NOTE = """
INSERT INTO deliveries_heartbeat (name, queues, seen_at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, queues = excluded.queues
"""
SIGNS = """
SELECT name, seen_at, extract(epoch FROM clock_timestamp() - seen_at), queues FROM deliveries_heartbeat
 WHERE name = %s OR seen_at > clock_timestamp() - %s * interval '1 second' ORDER BY name
"""
FORGET = "DELETE FROM deliveries_heartbeat WHERE name <> %s AND seen_at < clock_timestamp() - %s * interval '1 second'"


@dataclass(frozen=True)
class Sign:
    """When a process was last seen, how many seconds ago that is by the database's clock, and what it serves."""

    name: str
    seen_at: datetime
    seconds: float
    queues: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if self.seconds < LATE_SECONDS:
            return "alive"
        return "late" if self.seconds < SILENT_SECONDS else "silent"


@dataclass(frozen=True)
class Signs:
    """`beat` is None before its first sweep ran."""

    beat: Sign | None
    workers: list[Sign]


def signs() -> Signs:
    """Beat, and the workers seen in the last quarter of an hour, by name. One statement."""
    with database.cursor() as cursor:
        cursor.execute(SIGNS, [BEAT, SHOWN_SECONDS])
        found = [
            Sign(name, seen_at, float(seconds), tuple(queues.split(",")) if queues else ())
            for name, seen_at, seconds, queues in cursor.fetchall()
        ]
    beat = next((sign for sign in found if sign.name == BEAT), None)
    return Signs(beat, [sign for sign in found if sign.name != BEAT])


def note(name: str, queues: Sequence[str] = ()) -> None:
    """It lives, and serves these queues."""
    with database.cursor() as cursor:
        cursor.execute(NOTE, [name, ",".join(queues)])


def forget() -> None:
    """Clears away the workers that are not shown any more."""
    with database.cursor() as cursor:
        cursor.execute(FORGET, [BEAT, SHOWN_SECONDS])


class Pulse(threading.Thread):
    """Notes that this worker lives, until it is told to end. A database that is away is no reason to give up."""

    def __init__(self, name: str, queues: Sequence[str] = (), every_seconds: float = EVERY_SECONDS) -> None:
        super().__init__(name=f"pulse of {name}", daemon=True)
        self._row, self._queues = name, queues
        self._every = every_seconds
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            self._try(lambda: note(self._row, self._queues))
            self._ended.wait(self._every)
        self._try(lambda: Heartbeat.objects.filter(pk=self._row).delete())
        database.close()

    def end(self, wait_seconds: float = 2.0) -> None:
        """The worker ends in order: its row goes."""
        self._ended.set()
        self.join(wait_seconds)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except DatabaseError as problem:
            DATABASE_ERRORS.labels("heartbeat").inc()
            log.warning("A heartbeat could not be noted: %s", type(problem).__name__)
            database.close()
