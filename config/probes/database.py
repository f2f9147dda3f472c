"""Does the database answer, and how soon?"""

import time
from typing import Final

from django.db import Error as DatabaseError
from django.db import connection as database

from config.probes.limit import milliseconds_since

#: Parts of what PostgreSQL and its library say, and what is told of them: never their text, which has names in it.
KINDS: Final = (
    ("Connection refused", "nothing listens there"),
    ("could not translate host name", "its host's name is not found"),
    ("authentication failed", "it refuses this user or password"),
    ("does not exist", "it has no such database or user"),
    ("starting up", "it is starting up"),
    ("shutting down", "it is shutting down"),
    ("connection slots", "it has no connection left"),
    ("too many clients", "it has no connection left"),
    ("statement timeout", "it was too slow"),
)
SILENT = "no answer in time"


def kind_of(problem: DatabaseError) -> str:
    told = str(problem)
    return next((kind for part, kind in KINDS if part in told), type(problem).__name__)


def answer_ms(limit_seconds: float) -> int:
    """Connecting, if need be, and a statement; later ones of this transaction take `limit_seconds` each at most.

    Raises DatabaseError.
    """
    started = time.monotonic()
    with database.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(round(1000 * limit_seconds))])
    return milliseconds_since(started)
