"""The people of a workspace: added, given a role, removed. Somebody who can manage it always remains."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from happ_webhooks.history.audit import note
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.models import AuditEntry, Membership, Workspace

ADMIN = Membership.Role.ADMIN


class CannotBeAdded(Exception):
    """There is no such account, or it is none that a workspace may add. Which of the two is nobody's business."""


class MemberAlready(Exception):
    """The person belongs to the workspace."""


class LastAdmin(Exception):
    """Without this admin nobody could manage the workspace."""


class NotAnAdmin(Exception):
    """Who does it may no longer manage the workspace."""


def members_of(workspace: Workspace) -> "QuerySet[Membership]":
    """By user name, with the users."""
    return Membership.objects.filter(workspace=workspace).select_related("user").order_by("user__username")


def add(workspace: Workspace, username: str, role: str) -> Membership:
    """Lets the person with this account in. HAPP's own staff is added in the admin alone, as closed accounts are not
    at all. Raises CannotBeAdded, MemberAlready."""
    found: User | None = get_user_model().objects.filter(username=username, is_active=True, is_staff=False).first()
    with transaction.atomic():
        lock_workspace(workspace.pk)
        if Membership.objects.filter(workspace=workspace, user__username=username).exists():
            raise MemberAlready
        if found is None:
            raise CannotBeAdded
        return enrol(Membership(workspace=workspace, user=found, role=role))


def enrol(membership: Membership) -> Membership:
    """Saves a new one, whoever the person is: HAPP itself lets in its staff as well."""
    with transaction.atomic():
        membership.save()
        note(AuditEntry.Act.MEMBER_ADDED, membership.workspace_id, member=membership)
    return membership


def replace(membership: Membership) -> None:
    """Its `user` takes the place of the person who has it. HAPP itself does that."""
    with _locked(membership, None) as current:
        note(AuditEntry.Act.MEMBER_REMOVED, current.workspace_id, member=current)
        membership.save(update_fields=["user"])
        note(AuditEntry.Act.MEMBER_ADDED, membership.workspace_id, member=membership)


def change_role(membership: Membership, role: str, *, by: User | None = None) -> None:
    """Raises LastAdmin, Membership.DoesNotExist if the person was removed meanwhile, and NotAnAdmin if `by`, the
    member who does it, is no admin any more. Without `by` it is HAPP itself."""
    with _locked(membership, by) as current:
        if role != ADMIN:
            _keep_an_admin(current)
        if role != current.role:
            current.role = role
            current.save(update_fields=["role"])
            note(AuditEntry.Act.ROLE_CHANGED, current.workspace_id, member=current)


def remove(membership: Membership, *, by: User | None = None) -> None:
    """Raises as change_role does."""
    with _locked(membership, by) as current:
        _keep_an_admin(current)
        note(AuditEntry.Act.MEMBER_REMOVED, current.workspace_id, member=current)
        current.delete()


@contextmanager
def _locked(membership: Membership, by: User | None) -> Iterator[Membership]:
    """The membership as it is now. One change of a workspace's people at a time: of two admins who remove each other
    at once the second must find that the first is gone."""
    with transaction.atomic():
        lock_workspace(membership.workspace_id)
        if by and not Membership.objects.filter(workspace_id=membership.workspace_id, user=by, role=ADMIN).exists():
            raise NotAnAdmin
        yield Membership.objects.select_related("user").get(pk=membership.pk)


def _keep_an_admin(leaving: Membership) -> None:
    """Closed accounts do not count: they cannot manage anything."""
    if leaving.role != ADMIN or not leaving.user.is_active:
        return
    others = Membership.objects.filter(workspace_id=leaving.workspace_id, role=ADMIN, user__is_active=True)
    if not others.exclude(pk=leaving.pk).exists():
        raise LastAdmin
