"""HAPP's own people at the door: their sign-ins are short and go into the audit log, and so does a lock-out."""

from typing import Any, Final

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse

from happ_webhooks.history.audit import acting, note
from happ_webhooks.history.models import AuditEntry
from integrations.actors import person, stranger

#: A sign-in of staff, who reach every workspace, ends so long after the last page.
SIGNED_IN_SECONDS: Final = 3600


@receiver(user_logged_in, dispatch_uid="integrations.staff")
def note_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Before the browser gets its cookie: without the entry there is no sign-in."""
    if not user.is_staff:
        return
    request.session.set_expiry(SIGNED_IN_SECONDS)
    with acting(person(request, _door(request), user=user)):
        note(AuditEntry.Act.STAFF_SIGNED_IN, None)


@receiver(user_locked_out, dispatch_uid="integrations.staff")
def note_lock_out(request: HttpRequest, username: str | None, **_: Any) -> None:
    """Of names that staff has alone: any other text may be a password in the wrong field, and strangers may send as
    many as they like. Once for each lock-out: who tries on while it lasts was not counted."""
    was_counted = getattr(request, "axes_failures_since_start", None) is not None
    if was_counted and get_user_model().objects.filter(username=username, is_staff=True).exists():
        with acting(stranger(request, _door(request))):
            note(AuditEntry.Act.STAFF_LOCKED_OUT, None, account=username or "")


def _door(request: HttpRequest) -> AuditEntry.Door:
    at_admin = request.path.startswith(reverse("admin:index"))
    return AuditEntry.Door.ADMIN if at_admin else AuditEntry.Door.PAGE
