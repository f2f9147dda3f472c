"""One broker, many test workers: each takes a database or virtual host of it for itself. And what it holds."""

import os
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from kombu import Connection, Message, Queue
from redis import Redis

DATABASES = 16
QUEUES = ("fresh", "troubled", "control")


def is_redis() -> bool:
    return str(settings.CELERY_BROKER_URL).startswith("redis")


def take_own_database() -> None:
    """So that no wake reaches the processes of another test worker, which has another PostgreSQL database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        return
    number = int(worker.removeprefix("gw"))
    path = f"/{1 + number % (DATABASES - 1)}" if is_redis() else f"/gw{number % DATABASES}"
    url = urlsplit(settings.CELERY_BROKER_URL)._replace(path=path).geturl()
    os.environ["REDIS_URL"] = settings.CELERY_BROKER_URL = url
    current_app.conf["broker_url"] = url


def lose_messages() -> None:
    """All that waits in our database or virtual host, as a flush or a purge by hand loses it."""
    if is_redis():
        with Redis.from_url(settings.CELERY_BROKER_URL) as broker:
            broker.flushdb()
    else:
        purge(settings.CELERY_BROKER_URL)


def purge(url: str) -> None:
    """All that waits in the queues of a virtual host of RabbitMQ, those that no worker has made yet among them."""
    with Connection(url) as broker, broker.channel() as channel:
        for queue in QUEUES:
            _declared(channel, queue).purge()


def messages() -> list[bytes]:
    """All that waits there, and stays there."""
    if is_redis():
        with Redis.from_url(settings.CELERY_BROKER_URL) as broker:
            return [broker.dump(key) or b"" for key in broker.keys("*")]
    return waiting(settings.CELERY_BROKER_URL)


def waiting(url: str) -> list[bytes]:
    """All that waits in the queues of a virtual host of RabbitMQ, and stays there."""
    with Connection(url) as broker, broker.channel() as channel:
        # Unanswered: they go back into their queues as the channel closes.
        return [whole(each) for queue in QUEUES for each in iter(_declared(channel, queue).get, None)]


def whole(message: Message) -> bytes:
    """Everything that a message of RabbitMQ carries."""
    return repr((message.body, message.headers, message.properties, message.delivery_info)).encode()


def _declared(channel: Any, name: str) -> Queue:
    queue: Queue = current_app.amqp.queues[name].bind(channel)
    queue.declare()
    return queue
