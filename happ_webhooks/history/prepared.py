"""Statements that a session plans once: to plan one takes the database longer than to run it.

Many a session lives for a few statements only, so the first runs of each go as they stand. Where a pooler stands in
between they always do, since the next transaction may reach another session.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from psycopg2 import OperationalError, extensions  # type: ignore[import-untyped]
from psycopg2.errors import FeatureNotSupported  # type: ignore[import-untyped]

RUNS_BEFORE = 5
PLACE = re.compile(r"%\((\w+)\)s")


class Prepared(str):
    """The text of a statement with named places, and the name that it alone bears in a session."""

    __slots__ = ("execution", "preparation")
    execution: str
    preparation: str

    def __new__(cls, name: str, text: str) -> "Prepared":
        made = super().__new__(cls, text)
        places = list(dict.fromkeys(PLACE.findall(text)))
        numbered = PLACE.sub(lambda found: f"${places.index(found[1]) + 1}", text)
        made.preparation = f"PREPARE {name} AS {numbered.replace('%%', '%')}"
        made.execution = f"EXECUTE {name} ({', '.join(f'%({place})s' for place in places)})"
        return made


class Asking(Protocol):
    """A cursor, Django's or psycopg2's own."""

    connection: Any

    def execute(self, query: str) -> object: ...

    def fetchone(self) -> tuple[object, ...] | None: ...


def is_own(cursor: Asking) -> bool:
    """Whether the process that answers is the session's; a pooler names another."""
    cursor.execute("SELECT pg_backend_pid()")
    return bool(cursor.fetchone() == (cursor.connection.info.backend_pid,))


class _Session:
    """How often each statement ran, and which are prepared; `ours` is None until somebody asks."""

    def __init__(self) -> None:
        self.runs = Counter[str]()
        self.prepared = set[str]()
        self.ours: bool | None = None


_sessions: WeakKeyDictionary[object, _Session] = WeakKeyDictionary()


class PreparingCursor(extensions.cursor):  # type: ignore[misc]
    """Prepares what is `Prepared` and runs often, unseen by who executes it."""

    def execute(self, query: str, values: Sequence[object] | Mapping[str, object] | None = None) -> None:
        if not isinstance(query, Prepared) or not self._prepares(query):
            super().execute(query, values)
            return
        try:
            super().execute(query.execution, values)
        except FeatureNotSupported as problem:
            # A migration changed the type of what it returns: as after an outage, all else is made again.
            _sessions[self.connection].ours = False
            raise OperationalError(str(problem)) from problem

    def _prepares(self, query: Prepared) -> bool:
        session = _sessions.get(self.connection) or _sessions.setdefault(self.connection, _Session())
        session.runs[query] += 1
        if session.ours is False or session.runs[query] <= RUNS_BEFORE:
            return False
        if session.ours is None:
            session.ours = is_own(self)
        if session.ours and query not in session.prepared:
            super().execute(query.preparation)
            session.prepared.add(query)
        return session.ours
