"""The audit log: who connected, saw a signing secret or made a token, through which door, and from where.

The doors say who acts (`acting`), once for everything that happens inside. The services note what was done, in the
transaction that does it: there is no act without its entry, and no entry of what was refused. Of a URL no more than the
host gets in, of a token its label and scopes, of a secret nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlsplit

from happ_webhooks.history.models import ApiToken, AuditEntry, Membership


@dataclass(frozen=True, kw_only=True)
class Actor:
    """`id` is a user's or a token's, `name` the name that went with it at that time. `reason` is what support was asked
    for: the integration's own history keeps it, not this log, since it is free text."""

    door: AuditEntry.Door
    kind: AuditEntry.Kind
    id: int | None = None
    name: str = ""
    address: str | None = None
    reason: str = ""


NOBODY = Actor(door=AuditEntry.Door.NONE, kind=AuditEntry.Kind.NOBODY)
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Whatever is noted inside was done by this actor."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def acts_now() -> Actor:
    return _actor.get()


def note(
    act: AuditEntry.Act,
    workspace_id: str | None,
    *,
    connection: int | None = None,
    url: str = "",
    token: ApiToken | None = None,
    member: Membership | None = None,
    account: str = "",
    minutes: int | None = None,
) -> None:
    """Call it in the transaction of the act. `workspace_id` is None for what concerns every workspace."""
    facts: dict[str, object] = {
        "connection": connection,
        "host": host_alone(url),
        "account": account,
        "minutes": minutes,
        **(_of_token(token) if token else {}),
        **(_of_member(member) if member else {}),
    }
    actor = acts_now()
    AuditEntry.objects.create(
        workspace_id=workspace_id,
        act=act,
        door=actor.door,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:150],
        address=actor.address,
        facts={name: fact for name, fact in facts.items() if fact not in (None, "")},
    )


def host_alone(url: str) -> str:
    """Host and port of a URL, without user, password, path and query; empty if it has none."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _of_token(token: ApiToken) -> dict[str, object]:
    return {"token": token.pk, "label": token.name, "scopes": list(token.scopes)}


def _of_member(member: Membership) -> dict[str, object]:
    return {"account": member.user.get_username(), "role": member.role}
