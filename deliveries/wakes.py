"""Waking couriers. A wake is a hint that may get lost: the mark in the database stays, and the sweeper finds it."""

import logging
import time
from dataclasses import dataclass
from functools import cache

from celery import current_app
from django.db import connection as database
from django.db import transaction
from kombu.exceptions import LimitExceeded, OperationalError
from kombu.pools import ProducerPool, Producers

from deliveries.metering.counted import BROKER_ERRORS, WAKES_SENT, WAKES_SWEPT

log = logging.getLogger(__name__)

DELIVER = "deliveries.deliver"
FRESH, TROUBLED, CONTROL = "fresh", "troubled", "control"
VALID_SECONDS_AT_MOST = 300
QUIET_AFTER_FAILURE = 2.0
SEND_TIMEOUT = 0.7
# Sooner than a silent broker is given up: what fails so fast may be tried again within the time a request may wait.
AT_ONCE = 0.1
AWAY = (OperationalError, LimitExceeded, OSError)
# Redis and RabbitMQ have each their own names for it, and overlook the other's.
HASTY = {
    "max_retries": 0,
    **dict.fromkeys(("socket_timeout", "socket_connect_timeout"), SEND_TIMEOUT),
    **dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), SEND_TIMEOUT),
}

# While the endpoint is down or paused there is nothing that could be sent; who lifts that looks again.
HELD = "(down_since IS NOT NULL OR (paused_until IS NOT NULL AND paused_until > clock_timestamp()))"
# A courier that holds its lease looks again before it releases it; a wake that was sent is on its way for a while.
COMING = """((lease_token IS NOT NULL AND lease_until > now())
    OR (wake_sent_at IS NOT NULL AND wake_sent_at + wake_validity * interval '1 second' > now()))"""

MARK = f"""
UPDATE deliveries_connection
   SET wake_at = CASE WHEN {HELD} THEN wake_at ELSE LEAST(wake_at, now()) END,
       wake_sent_at = CASE WHEN NOT {HELD} AND NOT {COMING} THEN now() ELSE wake_sent_at END
 WHERE {{}} AND closed_at IS NULL
RETURNING id, NOT {HELD} AND wake_sent_at IS NOT DISTINCT FROM now() AS must_send, failures_in_row > 0 AS troubled
"""  # noqa: S608 (constants of this module)
#: Marks the workspace's open connection, in the statement that gives it something, and returns what a Mark is made of.
MARK_OPEN = MARK.format("workspace_id = %(workspace)s")
MARK_ONE = MARK.format("id = %s")

# A wait of more than a minute has no wake of its own: it is "due". One that was sent, now or as a countdown, and that
# nobody came for is "unserved": lost on its way, or behind others.
SWEEP = """
UPDATE deliveries_connection c
   SET wake_sent_at = now(), wake_validity = LEAST(c.wake_validity * 2, %s)
  FROM (
     SELECT id, CASE WHEN lease_token IS NOT NULL THEN 'courier_died'
                     WHEN wake_sent_at IS NOT NULL OR abs(extract(epoch FROM retry_at - wake_at)) <= 1 THEN 'unserved'
                     ELSE 'due' END AS because
       FROM deliveries_connection
      WHERE closed_at IS NULL
        AND ((lease_token IS NULL AND wake_at <= now() - interval '1 second') OR lease_until < now())
        AND (wake_sent_at IS NULL OR wake_sent_at + wake_validity * interval '1 second' <= now())
      ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED) swept
 WHERE c.id = swept.id
RETURNING c.id, failures_in_row > 0 OR down_since IS NOT NULL, swept.because
"""
#: The header of a wake that follows one which nobody came for.
UNSERVED = "happ-unserved"


# As many as a worker has slots.
_pools = Producers(limit=64)


class _Broker:
    """A broker that just failed is left alone for a moment, so that a request does not wait for it again."""

    quiet_until = 0.0


@dataclass(frozen=True)
class Mark:
    """A connection that has something to look at, and whether a wake must be sent once that is committed."""

    connection_id: int
    must_send: bool
    troubled: bool

    def send_after_commit(self) -> None:
        if self.must_send:
            # Robust: what is committed is taken, whatever becomes of the wake.
            transaction.on_commit(lambda: send(self.connection_id, troubled=self.troubled), robust=True)


def mark_connection(connection_id: int) -> Mark | None:
    """Marks an open connection, inside the transaction that gave it something; None if it is closed."""
    with database.cursor() as cursor:
        cursor.execute(MARK_ONE, [connection_id])
        row = cursor.fetchone()
    return Mark(*row) if row else None


def send(connection_id: int, *, troubled: bool, unserved: bool = False) -> None:
    """Enqueues the courier. Endpoints in trouble have a queue of their own, so that they hold no slot others need."""
    if time.monotonic() < _Broker.quiet_until:
        return
    queue = TROUBLED if troubled else FRESH
    headers = {UNSERVED: "1"} if unserved else None
    try:
        _publish(connection_id, queue, headers)
        WAKES_SENT.labels(queue).inc()
    except AWAY as problem:
        BROKER_ERRORS.labels("wake").inc()
        _Broker.quiet_until = time.monotonic() + QUIET_AFTER_FAILURE
        log.warning("No wake could be sent, the sweeper will: %s", type(problem).__name__)


def _publish(connection_id: int, queue: str, headers: dict[str, str] | None) -> None:
    """Sends on a new line what found its old one broken, as all are that were open when the broker was restarted."""
    began = time.monotonic()
    try:
        _publish_once(connection_id, queue, headers)
    except AWAY:
        if time.monotonic() - began > AT_ONCE:
            raise
        _publish_once(connection_id, queue, headers)


def _publish_once(connection_id: int, queue: str, headers: dict[str, str] | None) -> None:
    with _producers().acquire(block=True, timeout=SEND_TIMEOUT) as producer:
        current_app.send_task(DELIVER, (connection_id,), queue=queue, retry=False, producer=producer, headers=headers)


def load() -> None:
    """Imports what a wake needs, and connects nothing: a process that forks is to do it before.

    Else the first event that a web process takes in starts its POST up to a second late.
    """
    current_app.finalize(auto=True)
    # Built when it is first asked for, and with it the broker's client imported.
    _ = current_app.amqp.send_task_message


def _producers() -> ProducerPool:
    """Connections that give up soon: a request must not wait for a broker that takes its message and stays silent."""
    return _producers_of(current_app.conf.broker_write_url)


@cache
def _producers_of(broker_url: str) -> ProducerPool:
    """Kept, since a connection, by which kombu knows its pools, takes 0.25 ms to build."""
    connection = current_app.connection_for_write(broker_url)
    connection.transport_options = {**(connection.transport_options or {}), **HASTY}
    pool: ProducerPool = _pools[connection]
    return pool


def sweep() -> int:
    """Sends the wakes that were lost or never sent; a deep backlog is woken ever more rarely until it is served."""
    with database.cursor() as cursor:
        cursor.execute(SWEEP, [VALID_SECONDS_AT_MOST])
        found = cursor.fetchall()
    for connection_id, troubled, because in found:
        WAKES_SWEPT.labels(because).inc()
        send(connection_id, troubled=troubled, unserved=because == "unserved")
    return len(found)
