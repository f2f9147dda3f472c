"""What an integration's state is: read off the newest connection of its workspace."""

import hashlib
from collections.abc import Collection
from typing import Final, Literal

from django.utils.translation import gettext as _

from deliveries.models import Connection
from happ_webhooks.history.problems import Problem

Status = Literal["not_connected", "connected", "stopped"]
STATUSES: Final[tuple[Status, ...]] = ("not_connected", "connected", "stopped")


def status_of(connection: Connection | None) -> Status:
    """The state, given the newest connection."""
    if connection is None or connection.disconnected_at is not None:
        return "not_connected"
    if connection.is_open:
        return "connected"
    return "stopped" if connection.is_stopped else "not_connected"


def settings_version(connection: Connection | None) -> str:
    """Changes with every connect, change of settings, disconnect and stop, and with nothing else."""
    generation = connection.number if connection else 0
    edited = connection.edited_at if connection else None
    text = f"{generation} {edited.isoformat() if edited else ''} {status_of(connection)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def expect(versions: Collection[str] | None, connection: Connection | None) -> None:
    """Raises Problem (conflict) unless the settings are of one of these versions; None expects nothing."""
    if versions is not None and settings_version(connection) not in versions:
        raise conflict()


def connected(connection: Connection | None) -> Connection:
    """The open connection. Raises Problem (not_connected, stopped)."""
    if connection is None or status_of(connection) == "not_connected":
        raise not_connected()
    if status_of(connection) == "stopped":
        raise Problem("stopped", _("The stream is stopped. Disconnect and connect again: that resumes it."))
    return connection


def not_connected() -> Problem:
    return Problem("not_connected", _("Connect a URL first."))


def conflict() -> Problem:
    return Problem("conflict", _("The settings are not those you saw. Load them again, then repeat your change."))
