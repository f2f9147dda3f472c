from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.db import InterfaceError, OperationalError
from django.db import connection as database

from deliveries.courier.lease import Release, release, take
from deliveries.courier.run import Run
from deliveries.courier.slots import one_taken
from deliveries.metering.counted import WAKES_EMPTY

T = TypeVar("T")


def visit(connection_id: int) -> tuple[str, Release]:
    """One visit to a connection: the lease, a run, and the lease given back.

    Returns "delivered", "waiting", "stopped", "closed" or "busy", and what the release saw.
    """
    with one_taken():
        taken = _surely(partial(take, connection_id))
        if taken is None:
            WAKES_EMPTY.inc()
            return "busy", Release()
        run = Run(*taken)
        resume_at = run.work()
        released = _surely(partial(release, *run.lease, resume_at))
        return run.ended or ("waiting" if released.waits else "delivered"), released


def _surely(statement: Callable[[], T]) -> T:
    """This slot's database connection may have broken while it was idle; a second failure is an outage."""
    try:
        return statement()
    except (OperationalError, InterfaceError):
        database.close()
        return statement()
