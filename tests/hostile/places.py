"""Everywhere that a text could have got to, and every form it could have there."""

import base64
import json
import quopri
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection as database
from kombu import Connection, Exchange, Queue
from redis import Redis

from tests.broker import is_redis as broker_is_redis
from tests.broker import messages, whole

TABLES = """
SELECT relname, array_agg(attname ORDER BY attnum) FROM pg_class
  JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
 WHERE nspname = 'public' AND relkind IN ('r', 'p', 'm', 'S') AND NOT attisdropped
 GROUP BY relname
"""


def forms_of(text: str) -> set[bytes]:
    """A text as it is, escaped, and inside of any base64, wherever it stands there."""
    raw = text.encode()
    in_json = json.dumps(text)[1:-1].encode()
    escaped = {in_json, quote(text).encode(), raw.hex().encode(), repr(raw)[2:-1].encode()}
    # The first and last characters depend on the neighbours; three shifts are all there are.
    coded = {base64.b64encode(b"x" * shift + each)[4:-4] for shift in range(3) for each in (raw, in_json)}
    return {raw, raw[::-1], quopri.encodestring(raw), *escaped, *coded, *(each.translate(URL_SAFE) for each in coded)}


URL_SAFE = bytes.maketrans(b"+/", b"-_")


def database_rows() -> Iterator[tuple[str, bytes]]:
    """Every table and column; sessions opened, which are compressed."""
    with database.cursor() as cursor:
        cursor.execute(TABLES)
        for table, columns in cursor.fetchall():
            for column in columns:
                cursor.execute(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
                yield f"{table}.{column}", "\n".join(value for (value,) in cursor.fetchall()).encode()
    for session in Session.objects.all():
        yield "session", json.dumps(session.get_decoded(), ensure_ascii=False, default=str).encode()


def broker_values() -> Iterator[tuple[str, bytes]]:
    """Every key of every database of the broker, with its value whatever its type; of RabbitMQ what waits in queues."""
    if not broker_is_redis():
        for number, message in enumerate(messages()):
            yield f"broker {number}", message
        return
    for number in range(16):
        with Redis.from_url(settings.CELERY_BROKER_URL, db=number) as broker:
            for key in broker.keys("*"):
                yield f"broker {number} {key!r}", key + b"\n" + _value(broker, key)


@contextmanager
def everything_said_to_the_broker() -> Iterator[list[bytes]]:
    """Each command that the broker gets within the block, whoever sends it: what is there for a moment was there."""
    said: list[bytes] = []
    if not broker_is_redis():
        with everything_published() as said:
            yield said
        return
    with Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=None) as broker, broker.monitor() as monitor:
        listening = threading.Thread(target=_listen, args=(monitor, said), daemon=True)
        listening.start()
        yield said
        broker.echo(END)
        listening.join(20)
        assert END.encode() in said[-1]


@contextmanager
def everything_published() -> Iterator[list[bytes]]:
    """Each message that RabbitMQ gets and gives within the block: it traces them, copies and all."""
    said: list[bytes] = []
    with Connection(settings.CELERY_BROKER_URL) as broker, broker.channel() as channel:
        copies = Queue(exchange=Exchange("amq.rabbitmq.trace", no_declare=True), routing_key="#", exclusive=True)
        copies = copies.bind(channel)
        copies.declare()
        yield said
        said += [whole(copy) for copy in iter(lambda: copies.get(no_ack=True), None)]


END = "nothing further is listened to"


def _listen(monitor: Any, said: list[bytes]) -> None:
    for command in monitor.listen():
        said.append(command["command"].encode())
        if END in command["command"]:
            return


def _value(broker: Any, key: bytes) -> bytes:
    kind = broker.type(key)
    parts: dict[bytes, Callable[[], list[bytes]]] = {
        b"none": list,  # It ran out just now.
        b"string": lambda: [broker.get(key) or b""],
        b"list": lambda: broker.lrange(key, 0, -1),
        b"hash": lambda: [part for pair in broker.hgetall(key).items() for part in pair],
        b"zset": lambda: broker.zrange(key, 0, -1),
        b"set": lambda: list(broker.smembers(key)),
    }
    return b"\n".join(parts[kind]())
