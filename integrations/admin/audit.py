"""The audit log as support reads it: nothing can be added, changed or deleted."""

from typing import Any

from django.contrib import admin
from django.db.models import Q

from happ_webhooks.history.models import AuditEntry
from integrations.admin.filters import FixedFilter
from integrations.admin.keyset import Key, Span
from integrations.admin.log import LogAdmin, link_to_integration
from integrations.templatetags.pages import exact_moment


class ActFilter(FixedFilter):
    title, parameter_name, choices_ = "act", "act", AuditEntry.Act.values


class DoorFilter(FixedFilter):
    title, parameter_name, choices_ = "door", "door", AuditEntry.Door.values


class KindFilter(FixedFilter):
    title, parameter_name, choices_ = "who", "actor_kind", AuditEntry.Kind.values


@admin.register(AuditEntry)
class AuditEntryAdmin(LogAdmin[AuditEntry]):
    list_display = ("moment_of_it", "act", "who", "door", "address", "id_of_workspace", "told")
    list_filter = (ActFilter, DoorFilter, KindFilter)
    change_list_template = "admin/history/audit.html"
    search_help_text = "The whole id of a workspace (ws_...), or part of its name or of the name of who did it"
    ordering = ("-pk",)
    moment = "at"
    exported = ("at", "act", "actor_kind", "actor_id", "actor_name", "door", "address", "workspace_id", "told")
    fields = ("moment_of_it", "act", "who", "actor_id", "door", "address", "id_of_workspace", "told")

    def key_of(self, term: str, span: Span | None) -> Key:
        within = Q(at__gte=span.start, at__lt=span.end) if span else Q()
        if term.startswith("ws_"):
            within &= Q(workspace_id=term)
        elif term:
            within &= Q(actor_name__icontains=term) | Q(workspace__name__icontains=term)
        return Key("pk", AuditEntry.objects.all(), within, int)

    def complete(self, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.told = self.told(row)
        return rows

    @admin.display(description="at, UTC")
    def moment_of_it(self, row: AuditEntry) -> str:
        return exact_moment(row.at)

    @admin.display(description="who")
    def who(self, row: AuditEntry) -> str:
        return f"{row.get_actor_kind_display()} {row.actor_name}".strip()

    @admin.display(description="workspace")
    def id_of_workspace(self, row: AuditEntry) -> str:
        return link_to_integration(row.workspace_id) if row.workspace_id else "-"

    @admin.display(description="facts")
    def told(self, row: AuditEntry) -> str:
        return ", ".join(f"{name} {_words(fact)}" for name, fact in row.facts.items()) or "-"


def _words(fact: object) -> str:
    return " ".join(map(str, fact)) if isinstance(fact, list) else str(fact)
