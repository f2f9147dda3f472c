"""The delivery log as support sees it: codes, times and our own words; never a body."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from deliveries.log import as_settled
from deliveries.models import Connection, Delivery, DeliveryAttempt
from integrations.admin import bisect
from integrations.admin.bases import M, ReadOnlyAdmin
from integrations.admin.export import as_csv
from integrations.admin.filters import (
    AttemptChannelFilter,
    AttemptErrorFilter,
    AttemptNumberFilter,
    AttemptResultFilter,
    ChannelFilter,
    LastErrorFilter,
    ResultFilter,
    TriesFilter,
    TypeFilter,
)
from integrations.admin.keyset import Key, KeysetList, Span
from integrations.admin.pills import pill
from integrations.templatetags.pages import exact_moment

SEARCH = "The whole id of an event (evt_...) or of a workspace (ws_...)"


class LogAdmin(ReadOnlyAdmin[M]):
    """A list of a large table: see keyset."""

    change_list_template = "admin/deliveries/log.html"
    search_help_text = SEARCH
    search_fields = ("pk",)
    sortable_by = ()
    moment: ClassVar[str]
    exported: ClassVar[Sequence[str]]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetList]:
        return KeysetList

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        # The list's key narrows it.
        return queryset, False

    def key_of(self, term: str, span: Span | None) -> Key:
        """How the list is ordered and narrowed when `term` was searched for."""
        raise NotImplementedError

    def complete(self, rows: list[Any]) -> list[Any]:
        """Reads what the rows show beside their own columns."""
        return rows

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        return [path("csv/", self.admin_site.admin_view(self.csv), name=name), *super().get_urls()]

    def csv(self, request: HttpRequest) -> HttpResponse:
        """The page of the list, with the same filters: ids, codes and times."""
        return as_csv(self, request, self.exported)


@admin.register(Delivery)
class DeliveryAdmin(LogAdmin[Delivery]):
    list_display = (
        "id_of_event",
        "recorded",
        "result",
        "tries",
        "last_error",
        "id_of_workspace",
        "type",
        "channel",
        "chat_id",
        "next_try",
    )
    list_filter = (ResultFilter, LastErrorFilter, ChannelFilter, TypeFilter, TriesFilter)
    # Event ids are ordered by time, and the primary key's index by event id.
    ordering = ("-pk",)
    moment = "recorded_at"
    exported = (
        *("event_id", "workspace_id", "sequence", "type", "channel", "chat_id", "stands", "because", "attempts"),
        *("last_status_code", "last_error", "last_response_ms", "recorded_at", "first_attempt_at", "next_attempt_at"),
        "settled_at",
    )
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
        "tries",
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

    def key_of(self, term: str, span: Span | None) -> Key:
        rows = Delivery.objects.all()
        within = Q(recorded_at__gte=span.start, recorded_at__lt=span.end) if span else Q()
        if term.startswith("ws_"):
            if span:
                first, end = bisect.sequences(term, span.start, span.end)
                within &= Q(sequence__gte=first, sequence__lt=end)
            return Key("sequence", rows, within & Q(workspace_id=term), int)
        if span:
            first_id, end_id = bisect.event_ids(span.start, span.end)
            within &= Q(pk__gte=first_id, pk__lt=end_id)
        return Key("pk", rows, within & Q(pk=term) if term else within)

    @admin.display(description="event")
    def id_of_event(self, row: Delivery) -> str:
        return row.event_id

    @admin.display(description="workspace")
    def id_of_workspace(self, row: Delivery) -> str:
        return link_to_integration(row.workspace_id)

    @admin.display(description="result")
    def result(self, row: Any) -> str:
        return pill(str(row.stands))

    @admin.display(description="tries")
    def tries(self, row: Delivery) -> str:
        """They are a click away."""
        found = reverse("admin:deliveries_deliveryattempt_changelist")
        return format_html('<a href="{}?q={}">{}</a>', found, row.event_id, row.attempts)

    @admin.display(description="recorded, UTC")
    def recorded(self, row: Delivery) -> str:
        return exact_moment(row.recorded_at)

    @admin.display(description="next try, UTC")
    def next_try(self, row: Delivery) -> str:
        return exact_moment(row.next_attempt_at)

    @admin.display(description="reason")
    def because(self, row: Any) -> str:
        return str(row.because)


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(LogAdmin[DeliveryAttempt]):
    list_display = (
        "started",
        "result",
        "number",
        "id_of_event",
        "id_of_workspace",
        "channel",
        "status_code",
        "response_ms",
        "detail",
    )
    list_display_links = None
    list_filter = (AttemptResultFilter, AttemptErrorFilter, AttemptChannelFilter, AttemptNumberFilter)
    ordering = ("-pk",)
    moment = "started_at"
    exported = (
        *("delivery_id", "workspace_id", "channel", "chat_id", "number", "started_at", "response_ms", "dns_ms"),
        *("connect_ms", "tls_ms", "first_byte_ms", "status_code", "error"),
    )
    fields = (
        *("id_of_event", "number", "started_at", "response_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms"),
        *("status_code", "error", "detail"),
    )

    def key_of(self, term: str, span: Span | None) -> Key:
        rows = DeliveryAttempt.objects.all()
        within = Q(started_at__gte=span.start, started_at__lt=span.end) if span else Q()
        if term.startswith("ws_"):
            # The ids first: an index of every partition begins with the connection.
            connections = Connection.objects.filter(workspace_id=term).values_list("pk", flat=True)
            return Key("started_at", rows, within & Q(connection_id__in=list(connections)), datetime)
        if term:
            return Key("pk", rows, within & Q(delivery_id=term), int)
        if span:
            first, end = bisect.attempts(span.start, span.end)
            within &= Q(pk__gte=first, pk__lt=end)
        return Key("pk", rows, within, int)

    def complete(self, rows: list[Any]) -> list[Any]:
        connections = {row.connection_id for row in rows}
        workspaces = dict(Connection.objects.filter(pk__in=connections).values_list("pk", "workspace_id"))
        events = {row.delivery_id for row in rows}
        found = Delivery.objects.filter(pk__in=events).values_list("pk", "channel", "chat_id")
        chats = {event: (channel, chat) for event, channel, chat in found}
        for row in rows:
            row.workspace_id = workspaces.get(row.connection_id, "")
            row.channel, row.chat_id = chats.get(row.delivery_id, ("", ""))
        return rows

    @admin.display(description="event")
    def id_of_event(self, row: DeliveryAttempt) -> str:
        address = reverse("admin:deliveries_delivery_change", args=[quote(row.delivery_id)])
        return format_html('<a href="{}">{}</a>', address, row.delivery_id)

    @admin.display(description="workspace")
    def id_of_workspace(self, row: Any) -> str:
        return link_to_integration(row.workspace_id) if row.workspace_id else "-"

    @admin.display(description="started, UTC")
    def started(self, row: DeliveryAttempt) -> str:
        return exact_moment(row.started_at)

    @admin.display(description="channel")
    def channel(self, row: Any) -> str:
        return row.channel or "-"

    @admin.display(description="result")
    def result(self, row: DeliveryAttempt) -> str:
        return pill(row.error or "accepted")


def link_to_integration(workspace_id: str) -> str:
    address = reverse("admin:integrations_integration_change", args=[quote(workspace_id)])
    return format_html('<a href="{}">{}</a>', address, workspace_id)
