"""Workspaces and their members."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from happ_webhooks.history.models import Membership, Workspace
from integrations.admin.bases import ModelAdmin

if TYPE_CHECKING:
    MembershipBase = admin.TabularInline[Membership, Workspace]
else:
    MembershipBase = admin.TabularInline


class MembershipInline(MembershipBase):
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
