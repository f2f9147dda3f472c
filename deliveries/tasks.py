"""Celery's doors to the engine. Arguments are ids; the rules live behind the doors."""

import logging
import os
import time

from celery import Task, shared_task
from celery.exceptions import Reject
from celery.signals import worker_ready, worker_shutdown
from celery.worker.consumer import Consumer
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from deliveries import heartbeats, pruning, stats, sweeper, wakes
from deliveries.courier import slots
from deliveries.courier.visit import visit
from deliveries.heartbeats import Pulse
from deliveries.metering.counted import BROKER_ERRORS, DATABASE_ERRORS, RUNS, WAKES_LOST

log = logging.getLogger(__name__)

# Seconds; while the database is away from all workers, a wake goes round this slowly.
HAND_BACK_AFTER = 1.0


@shared_task(name=wakes.DELIVER, bind=True, max_retries=None)
def deliver(self: "Task[[int], str]", connection_id: int) -> str:
    """Empties one connection's pending deliveries.

    The database is the queue: this message only says "look". It may be lost, doubled or late without harm. A wait of
    up to a minute is Celery's own retry with countdown; a longer one, and a lost message, is the sweeper's.

    Returns "delivered", "waiting", "stopped", "closed" or "busy".
    """
    try:
        word, released = visit(connection_id)
    except (OperationalError, InterfaceError):
        DATABASE_ERRORS.labels("visit").inc()
        _hand_back(self, connection_id)
        raise
    RUNS.labels(word).inc()
    if word != "busy" and (self.request.headers or {}).get(wakes.UNSERVED):
        WAKES_LOST.inc()
    if released.wake_now:
        wakes.send(connection_id, troubled=released.troubled)
    elif released.countdown is not None:
        _retry(self, released.countdown)
    return word


def _hand_back(task: "Task[[int], str]", connection_id: int) -> None:
    """Another worker may reach the database where this one does not, and must not wait for the sweeper's next wake."""
    time.sleep(HAND_BACK_AFTER)
    queue = (task.request.delivery_info or {}).get("routing_key")
    wakes.send(connection_id, troubled=queue == wakes.TROUBLED)


def _retry(task: "Task[[int], str]", countdown: float) -> None:
    try:
        task.retry(countdown=countdown, queue=wakes.TROUBLED, throw=False, headers={})
    except (Reject, BrokerError, OSError) as problem:
        BROKER_ERRORS.labels("countdown").inc()
        log.warning("No countdown could be sent, the sweeper will wake: %s", type(problem).__name__)


@shared_task(name="deliveries.sweep")
def sweep(*, starting: bool = False) -> int:
    """Every three seconds: wakes that were lost, and what closed connections still owe.

    `starting` is a worker's own sweep, which tells nothing about beat.
    """
    if not starting:
        heartbeats.note(heartbeats.BEAT)
    return sweeper.sweep()


@shared_task(name="deliveries.prune")
def prune() -> int:
    """Every hour: attempts and settled deliveries past HAPP_LOG_DAYS, events past HAPP_HISTORY_DAYS, entries of
    the audit log past HAPP_AUDIT_DAYS; and tallies."""
    heartbeats.forget()
    now = timezone.now()
    dropped = pruning.prune(now)
    stats.tally(now)
    return dropped


@worker_ready.connect
def sweep_on_start(**_: object) -> None:
    """After a restart of everything nobody has to wait for beat."""
    try:
        sweep.apply_async(kwargs={"starting": True}, queue=wakes.CONTROL, retry=False)
        prune.apply_async(queue=wakes.CONTROL, retry=False)
    except (BrokerError, OSError) as problem:
        BROKER_ERRORS.labels("start").inc()
        log.warning("No sweep could be sent: %s", type(problem).__name__)


@worker_ready.connect
def count_slots(sender: Consumer, **_: object) -> None:
    slots.count(sender.pool.num_processes)


_pulses: list[Pulse] = []


@worker_ready.connect
def show_life(sender: object = None, **_: object) -> None:
    """Named with its process id: several workers of one machine may bear the same name."""
    queues = getattr(getattr(sender, "task_consumer", None), "queues", [])
    pulse = Pulse(f"{getattr(sender, 'hostname', 'worker')} {os.getpid()}", sorted(queue.name for queue in queues))
    _pulses.append(pulse)
    pulse.start()


@worker_shutdown.connect
def end_life(**_: object) -> None:
    while _pulses:
        _pulses.pop().end()
