"""The workspace's page: its settings, and its people."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from happ_webhooks.history import members
from happ_webhooks.history.events import lock_workspace
from happ_webhooks.history.models import Membership, Workspace
from tests.pages.account import client_of, member, text


@pytest.fixture
def workspace(db: None) -> Workspace:
    """In a transaction that is rolled back: faster than the one that other threads see."""
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def olena(workspace: Workspace) -> Membership:
    return member(workspace, "olena")


@pytest.fixture
def admin(olena: Membership) -> Client:
    return client_of(olena)


def address(workspace: Workspace, below: str = "") -> str:
    return f"/integrations/{workspace.pk}/workspace/{below}"


def settings_form(workspace: Workspace, **changed: str) -> dict[str, str]:
    """As a browser sends it: what is in the fields, and what was there when the page was made."""
    fields = {"name": workspace.name, "time_zone": workspace.time_zone, "language": workspace.language}
    return {"do": "save", **{f"initial-{name}": value for name, value in fields.items()}, **fields, **changed}


def roles(workspace: Workspace) -> dict[str, str]:
    found = Membership.objects.filter(workspace=workspace).values_list("user__username", "role")
    return dict(found)


def test_settings_are_saved_and_times_follow(admin: Client, workspace: Workspace) -> None:
    sent = settings_form(workspace, name="Кав'ярня на розі", time_zone="America/New_York", language="en")
    answer = admin.post(address(workspace), sent)
    assert (answer.status_code, answer["location"]) == (302, address(workspace))
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone, workspace.language) == (
        "Кав'ярня на розі",
        "America/New_York",
        "en",
    )
    page = text(admin.get(address(workspace)))
    assert "Saved." in page
    assert '<option value="America/New_York" selected>America/New York</option>' in page


def test_saving_leaves_the_number_of_the_last_event_and_what_others_changed_alone(
    admin: Client, workspace: Workspace
) -> None:
    sent = settings_form(workspace, name="Нова назва")
    Workspace.objects.update(last_sequence=7, time_zone="Europe/Warsaw")
    admin.post(address(workspace), sent)
    workspace.refresh_from_db()
    assert (workspace.name, workspace.last_sequence, workspace.time_zone) == ("Нова назва", 7, "Europe/Warsaw")


@pytest.mark.parametrize("changed", [{"name": " "}, {"time_zone": "Mars/Base"}, {"language": "xx"}, {"name": "a\0"}])
def test_what_cannot_be_is_not_saved(admin: Client, workspace: Workspace, changed: dict[str, str]) -> None:
    assert 'aria-invalid="true"' in text(admin.post(address(workspace), settings_form(workspace, **changed)), 422)
    before = workspace.name, workspace.time_zone, workspace.language
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone, workspace.language) == before


def test_a_time_zone_this_machine_does_not_know_stays(admin: Client, workspace: Workspace) -> None:
    Workspace.objects.update(time_zone="Mars/Base")
    workspace.refresh_from_db()
    assert "Mars/Base" in text(admin.get(address(workspace)))
    admin.post(address(workspace), settings_form(workspace, name="Нова назва"))
    workspace.refresh_from_db()
    assert (workspace.name, workspace.time_zone) == ("Нова назва", "Mars/Base")


def test_members_see_the_list_and_change_nothing(admin: Client, workspace: Workspace, olena: Membership) -> None:
    assistant = client_of(member(workspace, "taras", "member"))
    page = text(assistant.get(address(workspace)))
    assert "olena" in page
    assert "taras" in page
    for word in ("Save", "Add member", "Remove", "Make "):
        assert word not in page
    User.objects.create_user("ivan")
    for below, fields in (
        ("", settings_form(workspace, name="x")),
        ("", {"do": "add", "username": "ivan", "role": "admin"}),
        (f"members/{olena.pk}/role/", {"role": "member"}),
        (f"members/{olena.pk}/remove/", {}),
    ):
        assert assistant.post(address(workspace, below), fields).status_code == 403
    assert roles(workspace) == {"olena": "admin", "taras": "member"}
    workspace.refresh_from_db()
    assert workspace.name == "Кав'ярня"


def test_strangers_find_nothing_nor_do_admins_reach_people_of_elsewhere(admin: Client, workspace: Workspace) -> None:
    other = Workspace.objects.create(name="Сусіди")
    neighbour = member(other, "neighbour")
    assert client_of(neighbour).get(address(workspace)).status_code == 404
    assert "neighbour" not in text(admin.get(address(workspace)))
    for below in ("role/", "remove/"):
        for workspace_asked in (workspace, other):
            path = address(workspace_asked, f"members/{neighbour.pk}/{below}")
            assert admin.get(path).status_code == 404
            assert admin.post(path, {"role": "member"}).status_code == 404
    assert roles(other) == {"neighbour": "admin"}


def test_somebody_with_an_account_is_added(admin: Client, workspace: Workspace) -> None:
    User.objects.create_user("taras")
    answer = admin.post(address(workspace), {"do": "add", "username": "taras", "role": "member"})
    assert answer.status_code == 302
    assert "taras is a member now." in text(admin.get(address(workspace)))
    assert roles(workspace) == {"olena": "admin", "taras": "member"}


def test_nobody_learns_whether_an_account_exists_that_cannot_be_added(admin: Client, workspace: Workspace) -> None:
    User.objects.create_user("support", is_staff=True)
    User.objects.create_user("closed", is_active=False)
    for name in ("nobody", "support", "closed"):
        page = text(admin.post(address(workspace), {"do": "add", "username": name, "role": "admin"}), 422)
        assert "There is nobody with this user name who can be added." in page
    already = text(admin.post(address(workspace), {"do": "add", "username": "olena", "role": "member"}), 422)
    assert "This person is a member already." in already
    assert roles(workspace) == {"olena": "admin"}


def test_a_role_that_does_not_exist_is_given_to_nobody(admin: Client, workspace: Workspace, olena: Membership) -> None:
    taras = member(workspace, "taras", "member")
    User.objects.create_user("ivan")
    assert admin.post(address(workspace), {"do": "add", "username": "ivan", "role": "owner"}).status_code == 422
    assert admin.post(address(workspace, f"members/{taras.pk}/role/"), {"role": "owner"}).status_code == 200
    assert roles(workspace) == {"olena": "admin", "taras": "member"}


def test_a_member_becomes_an_admin_and_is_removed_after_questions(admin: Client, workspace: Workspace) -> None:
    taras = member(workspace, "taras", "member")
    role, remove = (address(workspace, f"members/{taras.pk}/{act}/") for act in ("role", "remove"))
    assert "Make taras an admin?" in text(admin.get(role))
    assert admin.post(role, {"role": "admin"}).status_code == 303
    assert roles(workspace)["taras"] == "admin"
    assert "Remove taras?" in text(admin.get(remove))
    assert roles(workspace)["taras"] == "admin"
    assert admin.post(remove)["location"] == address(workspace)
    assert roles(workspace) == {"olena": "admin"}
    assert User.objects.filter(username="taras").exists()


def test_the_last_admin_stays_and_is_told_why(admin: Client, workspace: Workspace, olena: Membership) -> None:
    member(workspace, "taras", "member")
    for act, fields in (("role", {"role": "member"}), ("remove", {})):
        assert admin.post(address(workspace, f"members/{olena.pk}/{act}/"), fields).status_code == 303
        assert "The last admin stays" in text(admin.get(address(workspace)))
    assert roles(workspace) == {"olena": "admin", "taras": "member"}


def test_whoever_leaves_is_warned_and_then_out(admin: Client, workspace: Workspace, olena: Membership) -> None:
    member(workspace, "taras")
    remove = address(workspace, f"members/{olena.pk}/remove/")
    assert "This is you" in text(admin.get(remove))
    assert admin.post(remove)["location"] == "/integrations/"
    assert admin.get(address(workspace)).status_code == 404
    assert roles(workspace) == {"taras": "admin"}


def test_the_admin_saves_a_workspace_beside_events_and_keeps_an_admin(workspace: Workspace, olena: Membership) -> None:
    root = client_of(member(Workspace.objects.create(name="HAPP"), "root"))
    User.objects.filter(username="root").update(is_staff=True, is_superuser=True)
    Workspace.objects.filter(pk=workspace.pk).update(last_sequence=7)
    fields = {
        "name": "Нова назва",
        "language": "en",
        "time_zone": "Europe/Kyiv",
        "membership_set-TOTAL_FORMS": "1",
        "membership_set-INITIAL_FORMS": "1",
        "membership_set-0-id": str(olena.pk),
        "membership_set-0-workspace": workspace.pk,
        "membership_set-0-user": str(olena.user.pk),
        "membership_set-0-role": "member",
    }
    page = f"/admin/history/workspace/{workspace.pk.replace('_', '_5F')}/change/"
    assert "stays as an admin" in text(root.post(page, fields, follow=True))
    assert roles(workspace) == {"olena": "admin"}
    replaced = {**fields, "membership_set-TOTAL_FORMS": "2", "membership_set-0-DELETE": "on"}
    replaced |= {"membership_set-1-user": str(User.objects.create_user("taras").pk), "membership_set-1-role": "admin"}
    replaced |= {"membership_set-1-workspace": workspace.pk}
    text(root.post(page, replaced, follow=True))
    assert roles(workspace) == {"taras": "admin"}
    workspace.refresh_from_db()
    assert (workspace.name, workspace.last_sequence) == ("Нова назва", 7)


@pytest.mark.parametrize("act", ["role", "remove"])
def test_somebody_who_is_removed_at_that_moment_is_said_to_be_gone(
    admin: Client, workspace: Workspace, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taras = member(workspace, "taras", "member")
    before_the_lock(monkeypatch, lambda: Membership.objects.filter(pk=taras.pk).delete())
    answer = admin.post(address(workspace, f"members/{taras.pk}/{act}/"), {"role": "admin"})
    assert (answer.status_code, answer["location"]) == (303, address(workspace))
    assert "taras was removed meanwhile." in text(admin.get(address(workspace)))


@pytest.mark.parametrize("act", ["role", "remove"])
def test_an_admin_who_is_demoted_at_that_moment_changes_nobody(
    admin: Client, workspace: Workspace, olena: Membership, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taras = member(workspace, "taras")
    before_the_lock(monkeypatch, lambda: Membership.objects.filter(pk=olena.pk).update(role="member"))
    answer = admin.post(address(workspace, f"members/{taras.pk}/{act}/"), {"role": "member"})
    assert answer.status_code == 403
    assert roles(workspace)["taras"] == "admin"


def before_the_lock(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Somebody else is a moment earlier: after this request looked, before it holds the workspace."""

    def locked(workspace_id: str) -> Workspace:
        happens()
        return lock_workspace(workspace_id)

    monkeypatch.setattr(members, "lock_workspace", locked)


def test_whoever_is_added_to_a_strangers_workspace_does_not_land_there(admin: Client, workspace: Workspace) -> None:
    strange = Workspace.objects.create(name="AAA")
    admin_of = Membership.objects.get(workspace=workspace)
    Membership.objects.create(workspace=strange, user=admin_of.user)
    assert admin.get("/integrations/")["location"] == f"/integrations/{workspace.pk}/"
