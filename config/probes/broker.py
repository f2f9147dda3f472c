"""Does the broker answer, and what waits in its queues? The same for Redis, Valkey and RabbitMQ."""

import time
from dataclasses import dataclass, field
from typing import Any

from celery import current_app
from kombu import Connection
from kombu.exceptions import OperationalError

from config.probes.limit import milliseconds_since, within
from deliveries.wakes import CONTROL, FRESH, TROUBLED

QUEUES = (FRESH, TROUBLED, CONTROL)
LIMIT_SECONDS = 1.0
NOT_FOUND = "404"


@dataclass(frozen=True)
class Queue:
    """`consumers` is None where the broker does not know them: Redis and Valkey."""

    messages: int
    consumers: int | None


@dataclass
class Broker:
    """`ms` is None while it does not answer, and `problem` the kind of it. `queues` are those that were asked for."""

    ms: int | None = None
    problem: str = "no answer"
    queues: dict[str, Queue] = field(default_factory=dict)


def look(*, queues: bool = False, seconds: float = LIMIT_SECONDS) -> Broker:
    """Connects anew, as a worker would, and asks; for `seconds` at most."""
    found = Broker()
    within(seconds, lambda: note(found, queues=queues, seconds=seconds))
    return found


def note(found: Broker, *, queues: bool = False, seconds: float = LIMIT_SECONDS) -> None:
    """The same in this thread: what is found by the end of a limit is noted by then."""
    connection = _hasty(seconds)
    faults: tuple[type[BaseException], ...] = (OSError, OperationalError, *connection.connection_errors)
    faults += connection.channel_errors
    try:
        started = time.monotonic()
        opened = _Opened(connection.transport)
        found.ms = milliseconds_since(started)
        if queues:
            found.queues = {name: opened.queue(name) for name in QUEUES}
        opened.close()
    except faults as problem:
        # Its kind alone: the text may quote the address with its password.
        found.problem = type(problem).__name__
    finally:
        connection.release()


def _hasty(seconds: float) -> Connection:
    connection = current_app.connection_for_write()
    connection.connect_timeout = seconds
    hasty = {"socket_timeout": seconds, "socket_connect_timeout": seconds, "max_retries": 0}
    connection.transport_options = {**(connection.transport_options or {}), **hasty}
    return connection


class _Opened:
    """A connection that the broker has answered on. Kombu's own would try again for seconds before it says no."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._connection = transport.establish_connection()
        transport.create_channel(self._connection).close()

    def queue(self, name: str) -> Queue:
        """One that nobody has used yet is as good as empty. RabbitMQ closes the channel when it does not find one."""
        knows_consumers = self._transport.driver_type == "amqp"
        channel = self._transport.create_channel(self._connection)
        try:
            declared = channel.queue_declare(queue=name, passive=True)
        except self._transport.channel_errors as problem:
            if str(getattr(problem, "reply_code", "")) != NOT_FOUND:
                raise
            return Queue(0, 0 if knows_consumers else None)
        channel.close()
        return Queue(declared.message_count, declared.consumer_count if knows_consumers else None)

    def close(self) -> None:
        self._transport.close_connection(self._connection)
