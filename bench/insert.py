"""The least that recording an event can cost: one INSERT and its COMMIT, by psycopg2 and nothing else."""

import contextlib
import threading
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg2  # type: ignore[import-untyped]
from psycopg2.extras import execute_values  # type: ignore[import-untyped]

from bench.stage.events import AT, TYPE, posted
from bench.stage.stage import Stage

TABLE = """
CREATE TABLE IF NOT EXISTS bare_event (
    id text PRIMARY KEY, workspace_id text NOT NULL, sequence bigint NOT NULL, type text NOT NULL,
    chat_id text NOT NULL, occurred_at timestamptz NOT NULL, body text NOT NULL)
"""
INSERT = "INSERT INTO bare_event VALUES %s"
BODY = str(dict(posted(0)))


class BareInsert:
    """A session for each thread that inserts."""

    def __init__(self, stage: Stage) -> None:
        self._url = stage.plain_url
        self._of_thread = threading.local()
        self._numbers = count(1)
        with contextlib.closing(self._connect()) as session, session, session.cursor() as cursor:
            cursor.execute(TABLE)
            cursor.execute("TRUNCATE bare_event")

    def _connect(self) -> Any:
        return psycopg2.connect(self._url)

    def ingest(self, workspace_id: str, events: Sequence[Any]) -> None:
        """One transaction."""
        session = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = self._connect()
        rows = []
        for event in events:
            number = next(self._numbers)
            rows.append((f"evt_{number:026}", workspace_id, number, TYPE, event["chat_id"], AT, BODY))
        with session, session.cursor() as cursor:
            execute_values(cursor, INSERT, rows)
