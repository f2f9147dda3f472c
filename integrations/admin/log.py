"""The delivery log as support sees it: codes, times and our own words; never a body."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from deliveries.log import as_settled
from deliveries.models import Connection, Delivery, DeliveryAttempt
from integrations.admin.bases import ReadOnlyAdmin
from integrations.admin.filters import (
    AttemptErrorFilter,
    ChannelFilter,
    LastErrorFilter,
    PeriodFilter,
    ResultFilter,
    TypeFilter,
)

Found = tuple["QuerySet[Any]", bool]
SEARCH = "An event (evt_...) or a workspace (ws_...)"


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = (
        "id_of_event",
        "id_of_workspace",
        "type",
        "channel",
        "chat_id",
        "result",
        "attempts",
        "last_error",
        "recorded_at",
        "next_attempt_at",
    )
    list_filter = (ResultFilter, LastErrorFilter, ChannelFilter, TypeFilter)
    search_fields = ("pk",)
    search_help_text = SEARCH
    # Event ids are ordered by time, and the primary key's index by event id.
    ordering = ("-pk",)
    # Not the event itself, which would be read with its body.
    fields = (
        "id_of_event",
        "id_of_workspace",
        "sequence",
        "type",
        "channel",
        "chat_id",
        "result",
        "because",
        "recorded_at",
        "attempts",
        "rung",
        "first_attempt_at",
        "last_attempt_at",
        "next_attempt_at",
        "last_status_code",
        "last_response_ms",
        "last_error",
        "settled_at",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Delivery]":
        return as_settled(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str) -> Found:
        term = search_term.strip().replace("\0", "")
        if term:
            queryset = queryset.filter(**({"workspace_id": term} if term.startswith("ws_") else {"pk": term}))
        return queryset, False

    @admin.display(description="event")
    def id_of_event(self, row: Delivery) -> str:
        return row.event_id

    @admin.display(description="workspace")
    def id_of_workspace(self, row: Delivery) -> str:
        return row.workspace_id

    @admin.display(description="result")
    def result(self, row: Any) -> str:
        return str(row.stands)

    @admin.display(description="reason")
    def because(self, row: Any) -> str:
        return str(row.because)


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(ReadOnlyAdmin[DeliveryAttempt]):
    list_display = (
        "started_at",
        "id_of_event",
        "number",
        "status_code",
        "error",
        "response_ms",
        "detail",
    )
    list_display_links = None
    list_filter = (PeriodFilter, AttemptErrorFilter)
    search_fields = ("pk",)
    search_help_text = SEARCH
    ordering = ("-started_at",)

    def get_search_results(self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str) -> Found:
        term = search_term.strip().replace("\0", "")
        if term.startswith("ws_"):
            # The ids first: an index of every partition begins with the connection.
            ids = list(Connection.objects.filter(workspace_id=term).values_list("pk", flat=True))
            return queryset.filter(connection_id__in=ids), False
        return (queryset.filter(delivery_id=term) if term else queryset), False

    @admin.display(description="event")
    def id_of_event(self, row: DeliveryAttempt) -> str:
        return str(row.delivery_id)
