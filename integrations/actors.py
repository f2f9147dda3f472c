"""Who acts, as each door knows it, and the address they come from."""

import os
import pwd

from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.request import Request

from happ_webhooks.history.audit import Actor
from happ_webhooks.history.models import ApiToken, AuditEntry
from integrations.pages.account.lockout import address_of

Door, Kind = AuditEntry.Door, AuditEntry.Kind


def person(
    request: HttpRequest, door: AuditEntry.Door = Door.PAGE, *, user: User | None = None, reason: str = ""
) -> Actor:
    """Somebody who is signed in, or `user` who is just signing in; at the workspace's own pages if nothing is said."""
    who = user or request.user
    return Actor(
        door=door,
        kind=Kind.USER,
        id=who.pk,
        name=who.get_username(),
        address=address_of(request),
        reason=reason,
    )


def stranger(request: HttpRequest, door: AuditEntry.Door) -> Actor:
    """Somebody who has not signed in."""
    return Actor(door=door, kind=Kind.NOBODY, address=address_of(request))


def caller(request: Request) -> Actor:
    """Whoever called the API: a token, or a signed-in user."""
    token = request.auth
    if not isinstance(token, ApiToken):
        return person(request._request, Door.API)
    return Actor(door=Door.API, kind=Kind.TOKEN, id=token.pk, name=token.name, address=address_of(request._request))


def support(request: HttpRequest, reason: str = "") -> Actor:
    return person(request, Door.ADMIN, reason=reason)


def operator() -> Actor:
    """Whoever runs manage.py, by the system's name; under sudo also who called it."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # A container may run as a number without a name.
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER")
    return Actor(door=Door.COMMAND, kind=Kind.OPERATOR, name=f"{before} as {name}" if before else name)
