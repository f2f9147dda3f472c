"""Workspaces and their members."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpRequest

from happ_webhooks.history import members
from happ_webhooks.history.models import Membership, Workspace
from integrations.admin.bases import ModelAdmin

if TYPE_CHECKING:
    MembershipBase = admin.StackedInline[Membership, Workspace]
else:
    MembershipBase = admin.StackedInline


class MembershipInline(MembershipBase):
    """Stacked: each field has its label."""

    model = Membership
    autocomplete_fields = ("user",)
    extra = 0


@admin.register(Workspace)
class WorkspaceAdmin(ModelAdmin[Workspace]):
    list_display = ("name", "id", "language", "time_zone")
    list_filter = ("language",)
    search_fields = ("id", "name")
    ordering = ("name", "id")
    fields = ("id", "name", "language", "time_zone", "last_sequence")
    readonly_fields = ("id", "last_sequence")
    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        """Its history and its deliveries would stay behind."""
        return False

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        """Never the whole row of one that exists: it numbers the events, which go on arriving meanwhile."""
        obj.save(update_fields=[*form.changed_data] if change else None)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Those who come before those who go, so that the last admin can be replaced in one step."""
        formset.save(commit=False)
        for member in formset.new_objects:
            members.enrol(member)
        for member, fields in sorted(formset.changed_objects, key=lambda changed: changed[0].role != members.ADMIN):
            _unless_last_admin(request, member, lambda member: members.change_role(member, member.role))
            if "user" in fields:
                members.replace(member)
        for member in formset.deleted_objects:
            _unless_last_admin(request, member, members.remove)


def _unless_last_admin(request: HttpRequest, member: Membership, act: Callable[[Membership], None]) -> None:
    try:
        act(member)
    except members.LastAdmin:
        messages.error(request, f"{member.user} stays as an admin: there would be none left.")
    except Membership.DoesNotExist:
        messages.warning(request, f"{member.user} was removed meanwhile.")
