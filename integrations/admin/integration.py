"""The list of integrations, the page of one, and the four things support can do."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from deliveries.catalogue import explain
from deliveries.gaps import gaps_of
from deliveries.models import COUNTED, Connection, DeliveryAttempt
from happ_webhooks.history.audit import acting
from happ_webhooks.history.problems import Problem
from integrations.actors import support
from integrations.acts import note
from integrations.addresses import concealed, readable_host
from integrations.admin.actions import ACTIONS, Action, Done
from integrations.admin.bases import ReadOnlyAdmin
from integrations.admin.filters import ConnectionErrorFilter, FailingFilter, IntegrationStatusFilter
from integrations.admin.forms import ReasonForm
from integrations.admin.letter import for_customer
from integrations.admin.pills import pill
from integrations.admin.timeline import timeline
from integrations.models import Act, Integration
from integrations.state import status_of
from integrations.tile import tile_of
from integrations.waiting import counts_at

LAST_ATTEMPTS, LAST_GAPS = 20, 10
HOST = "substring(%(expressions)s from '://([^/?#]+)')"


class IntegrationList(ChangeList):
    """Reads the connections of a page, and what waits at them, with one statement each."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        found = Connection.objects.in_bulk([row.latest_id for row in rows if row.latest_id])
        waiting = counts_at(list(found))
        for row in rows:
            row.connection = found.get(row.latest_id)
            row.waiting = waiting.get(row.latest_id, 0)
        self.result_list = rows


@admin.register(Integration)
class IntegrationAdmin(ReadOnlyAdmin[Integration]):
    list_display = ("workspace", "host", "status", "connected_at", "last_success_at", "failing_since", "waits")
    list_filter = (IntegrationStatusFilter, FailingFilter, ConnectionErrorFilter)
    list_select_related = ("workspace",)
    search_fields = ("workspace__id", "workspace__name")
    search_help_text = "Workspace or host of the URL"
    ordering = ("pk",)
    fields = ("workspace",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Integration]":
        newest = Connection.objects.filter(workspace=OuterRef("pk")).order_by("-number")
        return super().get_queryset(request).annotate(latest_id=Subquery(newest.values("pk")[:1]))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return IntegrationList

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term and "\0" not in search_term:
            # The host alone: a search through whole URLs would find out the tokens in their queries.
            host = Func(F("url"), template=HOST, output_field=TextField())
            connections = Connection.objects.alias(host=host).filter(host__icontains=search_term.strip())
            found |= queryset.filter(latest_id__in=connections.values("pk"))
        return found, duplicates

    @admin.display(description="host of the URL")
    def host(self, row: Integration) -> str:
        return readable_host(row.connection.url) if row.connection and _is_connected(row) else "-"

    @admin.display(description="status")
    def status(self, row: Integration) -> str:
        return pill(status_of(row.connection))

    @admin.display(description="connected at")
    def connected_at(self, row: Integration) -> object:
        return row.connection.opened_at if row.connection and _is_connected(row) else None

    @admin.display(description="last success")
    def last_success_at(self, row: Integration) -> object:
        return row.connection.last_success_at if row.connection else None

    @admin.display(description="failing since")
    def failing_since(self, row: Integration) -> object:
        return row.connection.failing_since if row.connection and row.connection.is_open else None

    @admin.display(description="waiting")
    def waits(self, row: Any) -> str:
        return f"more than {COUNTED}" if row.waiting > COUNTED else str(row.waiting)

    def get_urls(self) -> list[URLPattern]:
        doors = [
            path(
                f"<path:object_id>/{action.name}/",
                self.admin_site.admin_view(sensitive_post_parameters("password")(partial(self.act, action=action))),
                name=f"integrations_integration_{action.name}",
            )
            for action in ACTIONS.values()
        ]
        return doors + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), **(_facts(request, found) if found else {})}
        context["title"] = "Integration"  # Django's own reaches under the buttons.
        context["sees_audit_log"] = request.user.has_perm("history.view_auditentry")
        context["allowed"] = [action for action in ACTIONS.values() if _may(request, action)]
        return super().change_view(request, object_id, form_url, context)

    def act(self, request: HttpRequest, object_id: str, *, action: Action) -> HttpResponse:
        """Asks for the reason, then does it."""
        if not (_may(request, action) and self.has_view_permission(request)):
            raise PermissionDenied
        integration = self.get_object(request, unquote(object_id))
        if integration is None:
            raise Http404
        # Seen before it is warned of: a change in between is refused rather than hidden.
        seen = {"seen": action.see(integration.pk)} if request.method != "POST" else None
        form = action.form(request.POST if request.method == "POST" else None, initial=seen)
        if form.is_valid():
            done = self._run(request, integration, action, form)
            if done is not None:
                messages.add_message(request, messages.SUCCESS if done.well else messages.WARNING, done.sentence)
                return HttpResponseRedirect(
                    reverse("admin:integrations_integration_change", args=[quote(integration.pk)])
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{action.label}: {integration.workspace}",
            "original": integration,
            "action": action,
            "form": form,
            "warning": action.warn(integration.pk),
        }
        return TemplateResponse(request, "admin/integrations/integration/act.html", context)

    def _run(self, request: HttpRequest, integration: Integration, action: Action, form: ReasonForm) -> Done | None:
        """Also a refusal goes into the history: a ping may have left for the URL."""
        with acting(support(request, form.cleaned_data["reason"])):
            return self._act(request, integration, action, form)

    def _act(self, request: HttpRequest, integration: Integration, action: Action, form: ReasonForm) -> Done | None:
        reason = form.cleaned_data["reason"]
        try:
            done = action.run(integration.pk, form)
        except Problem as problem:
            form.explain(problem)
            note(integration.pk, Act.Kind.REFUSED, detail=f"{action.label}: {problem.problem_code}")
            self.log_change(request, integration, f"{action.label}: refused, {problem.problem_code}. Reason: {reason}")
            return None
        self.log_change(request, integration, f"{action.label}: {done.sentence} Reason: {reason}")
        return done


def _is_connected(row: Integration) -> bool:
    """Connected or stopped: it has a URL."""
    return status_of(row.connection) != "not_connected"


def _may(request: HttpRequest, action: Action) -> bool:
    return request.user.has_perm(action.permission)


def _facts(request: HttpRequest, integration: Integration) -> dict[str, Any]:
    connection, workspace = integration.connection, integration.workspace
    now = timezone.now()
    document: Any = tile_of(workspace, connection, now)
    if document["url"]:
        document["url"] = concealed(document["url"])
    attempts = DeliveryAttempt.objects.filter(Q(connection=connection) if connection else Q(pk=None))
    return {
        "tile": document,
        "zone": workspace.zone,
        "stop_title": explain(document["stop_reason"]).title if document["stop_reason"] else "",
        "attempts": [
            (attempt, explain(attempt.error).title if attempt.error else "")
            for attempt in attempts.order_by("-started_at")[:LAST_ATTEMPTS]
        ],
        "gaps": gaps_of(workspace, now, limit=LAST_GAPS),
        "timeline": timeline(workspace.pk),
        "letter": for_customer(workspace, document, now, request.build_absolute_uri("/")),
        "signs_twice_until": integration.previous_expires_at,
    }
