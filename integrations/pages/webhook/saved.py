"""Whether what a person asks for has been saved already, or is just being saved, by the same form a moment ago."""

import threading
from datetime import timedelta
from time import monotonic, sleep
from typing import Final

from django.conf import settings
from django.utils import timezone

from deliveries import connections
from deliveries.models import Connection
from deliveries.sealing import SealBroken, unseal
from happ_webhooks.history.problems import Problem
from happ_webhooks.wire.target import TargetRefused, check_url
from integrations.guard import GRACE_SECONDS, is_checking
from integrations.pages.webhook.entry import Entry
from integrations.state import status_of

#: So long after it was saved, the same again is a second click and nobody else's change.
A_MOMENT: Final = timedelta(seconds=60)
LOOK_SECONDS: Final = 0.1

#: One of a web process's threads at a time waits for what another is doing.
_one_waits = threading.BoundedSemaphore(1)


def saved_meanwhile(problem: Problem, entry: Entry, workspace_id: str) -> Connection | None:
    """The connection, if this was refused because the same form was sent just before and has been saved."""
    if problem.problem_code == "rate_limited":
        _wait_for_the_other(workspace_id)
    elif problem.problem_code != "conflict":
        return None
    connection = connections.latest(workspace_id)
    return connection if _saved_already(entry, connection) else None


def _wait_for_the_other(workspace_id: str) -> None:
    """As long as a check may take, and only while one of this workspace runs."""
    if not _one_waits.acquire(blocking=False):
        return
    try:
        end = monotonic() + settings.HAPP_DEADLINE_SECONDS + GRACE_SECONDS
        while is_checking(workspace_id) and monotonic() < end:
            sleep(LOOK_SECONDS)
    finally:
        _one_waits.release()


def _saved_already(entry: Entry, connection: Connection | None) -> bool:
    """A double click or a second tab: the connection was saved just now, with exactly this."""
    if connection is None or status_of(connection) != "connected":
        return False
    saved_at = connection.edited_at or connection.opened_at
    return timezone.now() - saved_at < A_MOMENT and _same(entry, connection)


def _same(entry: Entry, connection: Connection) -> bool:
    try:
        url = check_url(entry.url, allow_private=settings.HAPP_ALLOW_PRIVATE_TARGETS).url
        password = unseal(connection.password)
    except (TargetRefused, SealBroken):
        return False
    kept = entry.password or ("" if entry.remove_password else password)
    return (url, entry.auth, kept) == (connection.url, connection.auth, password)
