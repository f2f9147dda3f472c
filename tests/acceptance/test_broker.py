"""What the broker is told, and what it need not be told."""

import pytest
from celery import current_app
from django.conf import settings
from redis import Redis

from deliveries.wakes import DELIVER, TROUBLED
from tests import broker
from tests.processes import Processes, eventually

BINDINGS = "_kombu.binding"


@pytest.mark.skipif(not broker.is_redis(), reason="RabbitMQ keeps what is not acknowledged by itself")
def test_redis_keeps_nothing_of_what_a_worker_has_taken(delivering: Processes) -> None:
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        # A countdown is held by the worker. That the second was taken says that all is done about the first.
        for _ in range(2):
            current_app.send_task(DELIVER, (0,), queue=TROUBLED, countdown=30)
            eventually(lambda: not redis.llen(TROUBLED))

        keys = {key.decode() for key in redis.keys("*")}
        assert {key for key in keys if not key.startswith(BINDINGS)} <= set(broker.QUEUES)
