"""Who did what to an integration: one line for each act, written in the transaction of what it tells of.

The doors say who acts (`acting`), once for everything that happens inside; the services note what was done. Nothing is
told of URLs beyond their host, and nothing of secrets.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from happ_webhooks.history.models import ApiToken
from integrations.models import Act


@dataclass(frozen=True)
class Actor:
    """`name` is a user's or a token's; `reason` is what support was asked for."""

    kind: Act.Door
    name: str
    reason: str = ""


NOBODY = Actor(Act.Door.SYSTEM, "")
_actor: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Whatever is noted inside was done by this actor."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def person(user: AbstractBaseUser | AnonymousUser) -> Actor:
    """Somebody at the workspace's own pages."""
    return Actor(Act.Door.PAGES, user.get_username())


def caller(user: AbstractBaseUser | AnonymousUser, token: object) -> Actor:
    """Whoever called the API: a token, or a signed-in user."""
    return Actor(Act.Door.TOKEN, token.name) if isinstance(token, ApiToken) else person(user)


def support(user: AbstractBaseUser | AnonymousUser, reason: str) -> Actor:
    return Actor(Act.Door.SUPPORT, user.get_username(), reason)


def note(workspace_id: str, kind: Act.Kind, *, connection: int | None = None, detail: str = "") -> None:
    """`connection` is the number of the connection it was done to; `detail` is for people, in a few words."""
    actor = _actor.get()
    Act.objects.create(
        workspace_id=workspace_id,
        kind=kind,
        connection=connection,
        detail=detail[: Act.LONGEST_DETAIL],
        door=actor.kind,
        actor=actor.name,
        reason=actor.reason,
    )
