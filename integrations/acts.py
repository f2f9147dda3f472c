"""Who did what to an integration: a line for each act, written in the transaction of what it tells of.

They are what support reads on the integration's page. What matters to security goes into the audit log as well, by the
same call. Nothing is told of URLs beyond their host, and nothing of secrets.
"""

from typing import Final

from happ_webhooks.history import audit
from happ_webhooks.history.audit import Actor
from happ_webhooks.history.models import AuditEntry
from integrations.addresses import host_of
from integrations.models import Act

AUDITED: Final = {
    Act.Kind.CONNECTED: AuditEntry.Act.CONNECTED,
    Act.Kind.EDITED: AuditEntry.Act.SETTINGS_CHANGED,
    Act.Kind.DISCONNECTED: AuditEntry.Act.DISCONNECTED,
    Act.Kind.ROTATED: AuditEntry.Act.SECRET_ROTATED,
}


def note(workspace_id: str, kind: Act.Kind, *, connection: int | None = None, url: str = "", detail: str = "") -> None:
    """`connection` is the number of the connection it was done to, `url` where it leads; `detail` is for people, in a
    few words."""
    actor = audit.acts_now()
    Act.objects.create(
        workspace_id=workspace_id,
        kind=kind,
        connection=connection,
        detail=(detail or host_of(url))[: Act.LONGEST_DETAIL],
        door=_door(actor),
        actor=actor.name,
        reason=actor.reason,
    )
    if kind in AUDITED:
        audit.note(AUDITED[kind], workspace_id, connection=connection, url=url)


def _door(actor: Actor) -> Act.Door:
    """A person who calls the API with a session is a member all the same."""
    if actor.door == AuditEntry.Door.ADMIN:
        return Act.Door.SUPPORT
    if actor.kind == AuditEntry.Kind.TOKEN:
        return Act.Door.TOKEN
    return Act.Door.PAGES if actor.kind == AuditEntry.Kind.USER else Act.Door.SYSTEM
