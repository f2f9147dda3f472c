from django.db import InterfaceError, OperationalError
from django.db import connection as database

from deliveries.courier.lease import Release, release, take
from deliveries.courier.run import Run


def visit(connection_id: int) -> tuple[str, Release]:
    """One visit to a connection: the lease, a run, and the lease given back.

    Returns "delivered", "waiting", "stopped", "closed" or "busy", and what the release saw.
    """
    try:
        taken = take(connection_id)
    except (OperationalError, InterfaceError):
        # This slot's database connection broke while it was idle; a second failure is an outage, and the mark stays.
        database.close()
        taken = take(connection_id)
    if taken is None:
        return "busy", Release()
    run = Run(*taken)
    resume_at = run.work()
    released = release(*run.lease, resume_at)
    return run.ended or ("waiting" if released.waits else "delivered"), released
