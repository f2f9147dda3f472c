"""Celery's doors to the engine. Arguments are ids; the rules live behind the doors."""

import logging

from celery import Task, shared_task
from celery.exceptions import Reject
from celery.signals import worker_ready
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from deliveries import pruning, sweeper, wakes
from deliveries.courier.visit import visit

log = logging.getLogger(__name__)


@shared_task(name=wakes.DELIVER, bind=True, max_retries=None)
def deliver(self: "Task[[int], str]", connection_id: int) -> str:
    """Empties one connection's pending deliveries.

    The database is the queue: this message only says "look". It may be lost, doubled or late without harm. A wait of
    up to a minute is Celery's own retry with countdown; a longer one, and a lost message, is the sweeper's.

    Returns "delivered", "waiting", "stopped", "closed" or "busy".
    """
    word, released = visit(connection_id)
    if released.wake_now:
        wakes.send(connection_id, troubled=released.troubled)
    elif released.countdown is not None:
        _retry(self, released.countdown)
    return word


def _retry(task: "Task[[int], str]", countdown: float) -> None:
    try:
        task.retry(countdown=countdown, queue=wakes.TROUBLED, throw=False)
    except (Reject, BrokerError, OSError) as problem:
        log.warning("No countdown could be sent, the sweeper will wake: %s", type(problem).__name__)


@shared_task(name="deliveries.sweep")
def sweep() -> int:
    """Every three seconds: wakes that were lost, and what closed connections still owe."""
    return sweeper.sweep()


@shared_task(name="deliveries.prune")
def prune() -> int:
    """Every hour: attempts and settled deliveries past HAPP_LOG_DAYS, events past HAPP_HISTORY_DAYS."""
    return pruning.prune(timezone.now())


@worker_ready.connect
def sweep_on_start(**_: object) -> None:
    """After a restart of everything nobody has to wait for beat."""
    try:
        sweep.apply_async(queue=wakes.CONTROL, retry=False)
        prune.apply_async(queue=wakes.CONTROL, retry=False)
    except (BrokerError, OSError) as problem:
        log.warning("No sweep could be sent: %s", type(problem).__name__)
