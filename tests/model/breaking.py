"""Breaking a courier off at one of its database statements: killed, or cut off from the database, before it or after.

A COMMIT counts as a statement. Only the thread that entered `breaking` is struck, so the window's threads and whoever
else works at that moment go on.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.db import OperationalError
from django.db import connection as database
from django.db.backends.base.base import BaseDatabaseWrapper


class Killed(BaseException):
    """The process is gone: nothing may catch this, and no statement follows."""


class How(Enum):
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    CUT_BEFORE = "cut off before"
    CUT_AFTER = "cut off after"

    @property
    def kills(self) -> bool:
        return self in {How.KILLED_BEFORE, How.KILLED_AFTER}

    @property
    def is_before(self) -> bool:
        return self in {How.KILLED_BEFORE, How.CUT_BEFORE}


@dataclass
class Strike:
    """Strikes at statement number `at` (from 1), if `matches` its text; `seen` are the statements that were counted."""

    at: int | None = None
    how: How = How.KILLED_BEFORE
    matches: Callable[[str], bool] = lambda sql: True
    seen: list[str] = field(default_factory=list)
    struck: bool = False

    def around(self, wrapper: BaseDatabaseWrapper, sql: str, run: Callable[[], Any]) -> Any:
        """Runs one statement, and strikes before or after it if it is the one."""
        if self.struck and self.how.kills:
            raise Killed
        if not self.matches(sql):
            return run()
        self.seen.append(sql)
        mine = len(self.seen) == self.at
        if mine and self.how.is_before:
            self._break(wrapper)
            return run()
        result = run()
        if mine:
            self._break(wrapper)
            raise OperationalError("server closed the connection unexpectedly")
        return result

    def _break(self, wrapper: BaseDatabaseWrapper) -> None:
        self.struck = True
        if self.how.kills:
            wrapper.close()
            raise Killed
        # The real thing: the server finds the other end gone and ends its session.
        with socket.socket(fileno=os.dup(wrapper.connection.fileno())) as cut:
            cut.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def breaking(strike: Strike) -> Iterator[Strike]:
    """Strikes at this thread's statements; a kill ends the block quietly, and its session is closed either way."""
    mine = threading.get_ident()
    commit = BaseDatabaseWrapper.commit

    def struck_commit(self: BaseDatabaseWrapper) -> None:
        if threading.get_ident() != mine:
            commit(self)
        else:
            strike.around(self, "COMMIT", lambda: commit(self))

    def struck_statement(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        return strike.around(context["connection"], sql, lambda: execute(sql, params, many, context))

    BaseDatabaseWrapper.commit = struck_commit  # type: ignore[method-assign]
    try:
        with database.execute_wrapper(struck_statement), contextlib.suppress(Killed):
            yield strike
    finally:
        BaseDatabaseWrapper.commit = commit  # type: ignore[method-assign]
        if strike.struck:
            database.close()


@contextlib.contextmanager
def between_statements(
    at: int, does: Callable[[], object], matches: Callable[[str], bool] = lambda sql: True
) -> Iterator[None]:
    """Something happens in another process just before this thread's statement number `at` outside of transactions.

    Counted are those whose text `matches`.
    """
    seen = 0

    def watch(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal seen
        if not context["connection"].in_atomic_block and matches(sql):
            seen += 1
            if seen == at:
                elsewhere(does).join()
        return execute(sql, params, many, context)

    with database.execute_wrapper(watch):
        yield


def elsewhere(does: Callable[[], object]) -> threading.Thread:
    """Another process, as far as the database knows."""

    def work() -> None:
        try:
            does()
        finally:
            database.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread
