"""Who belongs to a workspace: added, given a role, removed, and always somebody left to manage it."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database

from happ_webhooks.history import members
from happ_webhooks.history.models import Membership, Workspace

ADMIN, MEMBER = Membership.Role.ADMIN, Membership.Role.MEMBER


def join(workspace: Workspace, name: str, role: str = ADMIN, **account: Any) -> Membership:
    return Membership.objects.create(workspace=workspace, user=User.objects.create_user(name, **account), role=role)


def roles(workspace: Workspace) -> dict[str, str]:
    return {each.user.get_username(): each.role for each in members.members_of(workspace)}


def test_an_account_is_added_by_its_exact_name(workspace: Workspace) -> None:
    User.objects.create_user("taras")
    members.add(workspace, "taras", MEMBER)
    assert roles(workspace) == {"taras": "member"}


@pytest.mark.parametrize("name", ["nobody", "Taras", "closed", "support", ""])
def test_what_is_no_account_for_a_workspace_is_refused_in_one_way(workspace: Workspace, name: str) -> None:
    User.objects.create_user("taras")
    User.objects.create_user("closed", is_active=False)
    User.objects.create_user("support", is_staff=True)
    with pytest.raises(members.CannotBeAdded):
        members.add(workspace, name, MEMBER)
    assert roles(workspace) == {}


def test_a_member_is_not_added_twice_and_keeps_the_role(workspace: Workspace) -> None:
    join(workspace, "olena")
    with pytest.raises(members.MemberAlready):
        members.add(workspace, "olena", MEMBER)
    assert roles(workspace) == {"olena": "admin"}


def test_the_last_admin_is_neither_removed_nor_made_a_member(workspace: Workspace) -> None:
    olena = join(workspace, "olena")
    join(workspace, "taras", MEMBER)
    with pytest.raises(members.LastAdmin):
        members.remove(olena)
    with pytest.raises(members.LastAdmin):
        members.change_role(olena, MEMBER)
    assert roles(workspace) == {"olena": "admin", "taras": "member"}


def test_an_admin_with_a_closed_account_does_not_count_and_can_always_go(workspace: Workspace) -> None:
    olena, gone = join(workspace, "olena"), join(workspace, "gone", is_active=False)
    with pytest.raises(members.LastAdmin):
        members.remove(olena)
    members.remove(gone)
    assert roles(workspace) == {"olena": "admin"}


def test_an_admin_of_another_workspace_does_not_count(workspace: Workspace) -> None:
    olena = join(workspace, "olena")
    join(Workspace.objects.create(name="Сусіди"), "neighbour")
    with pytest.raises(members.LastAdmin):
        members.remove(olena)


def test_of_two_admins_one_may_go_and_a_member_always(workspace: Workspace) -> None:
    olena, _, taras = join(workspace, "olena"), join(workspace, "ivan"), join(workspace, "taras", MEMBER)
    members.change_role(olena, MEMBER)
    members.remove(taras)
    assert roles(workspace) == {"ivan": "admin", "olena": "member"}


def test_somebody_who_was_removed_meanwhile_is_not_changed(workspace: Workspace) -> None:
    join(workspace, "olena")
    ivan = join(workspace, "ivan")
    members.remove(Membership.objects.get(pk=ivan.pk))
    with pytest.raises(Membership.DoesNotExist):
        members.change_role(ivan, MEMBER)
    with pytest.raises(Membership.DoesNotExist):
        members.remove(ivan)


@pytest.mark.parametrize("act", ["remove", "demote"])
def test_two_admins_who_let_each_other_go_at_once_leave_one(workspace: Workspace, act: str) -> None:
    both = [join(workspace, "olena"), join(workspace, "ivan")]
    start, refused = threading.Barrier(2), []

    def let_go(member: Membership) -> None:
        start.wait()
        try:
            members.remove(member) if act == "remove" else members.change_role(member, MEMBER)
        except members.LastAdmin:
            refused.append(member.pk)
        finally:
            database.close()

    threads = [threading.Thread(target=let_go, args=[member]) for member in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert list(Membership.objects.filter(role=ADMIN).values_list("pk", flat=True)) == refused
