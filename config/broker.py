"""Connections to the broker that are tried again soon, however long it was away.

Kombu waits two seconds longer each time, up to half a minute: after an outage workers and beat would come back that
much later than the broker.
"""

from typing import Any, Self

from celery.app.amqp import AMQP
from kombu import Connection

SOON = {"interval_start": 1, "interval_step": 1, "interval_max": 2}


class SteadyConnection(Connection):
    """Tries again after one second, then every two."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Self:
        return super().ensure_connection(*args, **{**SOON, **kwargs})


class SteadyAMQP(AMQP):
    """Celery's place for the connection class."""

    Connection = SteadyConnection
