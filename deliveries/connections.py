"""Opening, changing and closing connections. The workspace is locked first, so that intake sees one or the other."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction

from deliveries import gaps, wakes
from deliveries.models import CloseReason, Connection
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.models import Workspace
from happ_webhooks.wire.outcome import Outcome


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """What a connection sends with; password and secrets sealed."""

    url: str
    password: str
    auth: dict[str, str]


@dataclass(frozen=True, kw_only=True, repr=False)
class SigningSecrets:
    """The current secret and, while it lasts, the one before; sealed."""

    current: str
    previous: str = ""
    previous_expires_at: datetime | None = None


def database_now() -> datetime:
    """The one clock of leases, tries and dates."""
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone() or (None,)
    assert isinstance(now, datetime)  # noqa: S101 (for the type checker)
    return now


def latest(workspace_id: str) -> Connection | None:
    """The newest connection, open or not."""
    return Connection.objects.filter(workspace_id=workspace_id).order_by("-number").first()


def open_connection(workspace_id: str, settings: Settings, secrets: SigningSecrets, pinged: Outcome) -> Connection:
    """A new connection, after an accepted ping. One that is open is replaced: nothing of it reaches the new one."""
    with transaction.atomic():
        workspace = lock_workspace(workspace_id)
        now = database_now()
        previous = latest(workspace_id)
        if previous is not None:
            disconnect(previous, workspace, now)
        gaps.close_gaps(workspace, now)
        return Connection.objects.create(
            workspace=workspace,
            number=previous.number + 1 if previous else 1,
            url=settings.url,
            password=settings.password,
            auth=settings.auth,
            signing_secret=secrets.current,
            previous_signing_secret=secrets.previous,
            previous_expires_at=secrets.previous_expires_at,
            opened_at=now,
            opened_sequence=workspace.last_sequence,
            last_accepted_at=now,
            last_attempt_at=now - timedelta(milliseconds=pinged.response_ms),
            last_status_code=pinged.status_code,
            last_response_ms=pinged.response_ms,
        )


def edit_connection(connection_id: int, settings: Settings, pinged: Outcome) -> bool:
    """New settings, after an accepted ping: what waits is due at once. False if the connection closed meanwhile."""
    with transaction.atomic():
        found = Connection.objects.filter(pk=connection_id).values_list("workspace_id", flat=True).first()
        lock_workspace(found or "")
        now = database_now()
        edited = Connection.objects.filter(pk=connection_id, closed_at=None).update(
            url=settings.url, password=settings.password, auth=settings.auth, edited_at=now
        )
        if edited:
            endpoint_accepted_ping(connection_id, pinged, now)
        return bool(edited)


def endpoint_accepted_ping(connection_id: int, pinged: Outcome, now: datetime) -> None:
    """A person's ping got 2xx: the endpoint is up, and every waiting head is due at once."""
    Connection.objects.filter(pk=connection_id, closed_at=None).update(
        failing_since=None,
        failures_in_row=0,
        down_since=None,
        next_ping_at=None,
        paused_until=None,
        ping_rung=0,
        last_accepted_at=now,
        heads_due_at=now,
        last_attempt_at=now,
        last_status_code=pinged.status_code,
        last_response_ms=pinged.response_ms,
        last_error="",
    )
    if marked := wakes.mark_connection(connection_id):
        marked.send_after_commit()


def note_refused_ping(connection_id: int, pinged: Outcome) -> None:
    """A person's ping failed: shown in the tile, and nothing else; it counts no try."""
    Connection.objects.filter(pk=connection_id, closed_at=None).update(
        last_attempt_at=database_now(),
        last_status_code=pinged.status_code,
        last_response_ms=pinged.response_ms,
        last_error=pinged.error or "",
    )


def change_secrets(workspace_id: str, secrets: SigningSecrets) -> None:
    """The open connection signs with these from now on. The caller holds the workspace's lock."""
    Connection.objects.filter(workspace_id=workspace_id, closed_at=None).update(
        signing_secret=secrets.current,
        previous_signing_secret=secrets.previous,
        previous_expires_at=secrets.previous_expires_at,
    )


def disconnect_workspace(workspace_id: str) -> bool:
    """Ends what is connected or stopped; False if there was nothing to end."""
    with transaction.atomic():
        workspace = lock_workspace(workspace_id)
        connection = latest(workspace_id)
        if connection is None or connection.disconnected_at is not None:
            return False
        disconnect(connection, workspace, database_now())
        return True


def disconnect(connection: Connection, workspace: Workspace, now: datetime) -> None:
    """Closes a connection on a person's word; a stopped one keeps its reason. The workspace is locked."""
    if connection.disconnected_at is not None:
        return
    connection.disconnected_at = now
    connection.save(update_fields=["disconnected_at"])
    if connection.is_open:
        close(connection, workspace, CloseReason.DISCONNECTED, now)


def close(connection: Connection, workspace: Workspace, reason: CloseReason, now: datetime) -> None:
    """Touches one row, however much waits: a pending delivery of a closed connection counts as settled at once.

    The courier's token stays, so that it may still log what was on the wire. The workspace is locked.
    """
    connection.closed_at = now
    connection.closed_sequence = workspace.last_sequence
    connection.close_reason = reason
    connection.save(update_fields=["closed_at", "closed_sequence", "close_reason"])
    gaps.open_gap(connection, now)
