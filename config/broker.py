"""Connections to the broker that are tried again soon, however long it was away.

Kombu waits two seconds longer each time, up to half a minute: after an outage workers and beat would come back that
much later than the broker.
"""

from collections.abc import Callable
from typing import Any, Self

from celery.app.amqp import AMQP
from kombu import Connection

from deliveries.metering.counted import BROKER_ERRORS

Errback = Callable[[Exception, float], None]
SOON = {"interval_start": 1, "interval_step": 1, "interval_max": 2}


class SteadyConnection(Connection):
    """Tries again after one second, then every two."""

    def ensure_connection(self, errback: Errback | None = None, *args: Any, **kwargs: Any) -> Self:
        def count(problem: Exception, seconds: float) -> None:
            BROKER_ERRORS.labels("connection").inc()
            if errback is not None:
                errback(problem, seconds)

        return super().ensure_connection(count, *args, **{**SOON, **kwargs})


class SteadyAMQP(AMQP):
    """Celery's place for the connection class."""

    Connection = SteadyConnection
