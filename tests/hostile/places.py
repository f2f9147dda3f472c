"""Everywhere that a text could have got to, and every form it could have there."""

import base64
import json
import quopri
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection as database
from redis import Redis

TABLES = """
SELECT relname, array_agg(attname ORDER BY attnum) FROM pg_class
  JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
 WHERE nspname = 'public' AND relkind IN ('r', 'p', 'm', 'S') AND NOT attisdropped
 GROUP BY relname
"""


def forms_of(text: str) -> set[bytes]:
    """A text as it is, escaped, and inside of any base64, wherever it stands there."""
    raw = text.encode()
    escaped = {json.dumps(text)[1:-1].encode(), quote(text).encode(), raw.hex().encode(), repr(raw)[2:-1].encode()}
    # The first and last characters depend on the neighbours; three shifts are all there are.
    coded = {base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)}
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
    """Every key of every database of the broker, with its value whatever its type."""
    for number in range(16):
        with Redis.from_url(settings.CELERY_BROKER_URL, db=number) as broker:
            for key in broker.keys("*"):
                yield f"broker {number} {key!r}", key + b"\n" + _value(broker, key)


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
