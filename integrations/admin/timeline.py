"""What happened to an integration, newest first: what people did, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from deliveries.catalogue import explain
from deliveries.models import Connection
from integrations.addresses import host_of
from integrations.admin.pills import BAD, GOOD, NEUTRAL, WARN
from integrations.models import Act

CONNECTIONS, ACTS = 10, 40
LOOKS = {Act.Kind.CONNECTED: GOOD, Act.Kind.REFUSED: WARN}


@dataclass(frozen=True)
class Entry:
    """`by` is empty where nobody did it, or nobody is known to have done it."""

    at: datetime
    text: str
    look: str = NEUTRAL
    by: str = ""
    reason: str = ""


def timeline(workspace_id: str) -> list[Entry]:
    """The last ten connections and the last acts. Two statements."""
    acts = list(Act.objects.filter(workspace=workspace_id).order_by("-at", "-pk")[:ACTS])
    connections = list(Connection.objects.filter(workspace=workspace_id).order_by("-number")[:CONNECTIONS])
    found = [_of_act(act) for act in acts]
    for connection in connections:
        told = {act.kind for act in acts if act.connection == connection.number}
        found += _of_connection(connection, told, {other.opened_at for other in connections})
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _of_act(act: Act) -> Entry:
    words = [act.get_kind_display()]
    if act.connection is not None:
        words.append(f"connection {act.connection}")
    if act.detail:
        words.append(act.detail)
    by = f"{act.get_door_display()} {act.actor}".strip()
    return Entry(act.at, ", ".join(words), LOOKS.get(Act.Kind(act.kind), NEUTRAL), by, act.reason)


def _of_connection(connection: Connection, told: set[str], opened: set[datetime]) -> Iterator[Entry]:
    """What the connection's own row tells; nothing of what an act has `told` already."""
    name, host = f"connection {connection.number}", host_of(connection.url)
    if Act.Kind.CONNECTED not in told:
        yield Entry(connection.opened_at, f"Connected, {name}, {host}", GOOD)
    if connection.edited_at and Act.Kind.EDITED not in told:
        yield Entry(connection.edited_at, f"Settings changed, {name}, {host}")
    if connection.failing_since:
        yield Entry(connection.failing_since, f"Failing since then, {name}", WARN)
    if connection.closed_at and connection.close_reason != "DISCONNECTED":
        title = explain(connection.close_reason).title
        yield Entry(connection.closed_at, f"Stopped, {name}: {connection.close_reason}, {title}", BAD)
    ended = connection.disconnected_at
    if ended and Act.Kind.DISCONNECTED not in told:
        replaced = ended in opened
        yield Entry(ended, f"Replaced by a new connection, {name}" if replaced else f"Disconnected, {name}")
