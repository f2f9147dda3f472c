"""The back-fill API: what was recorded, byte for byte as it is POSTed."""

from typing import Any

from django.db.models import Func, IntegerField, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from happ_webhooks.history.authentication import EVERY_ROLE, workspace_for
from happ_webhooks.history.models import ApiToken, ChatEvent, Workspace
from happ_webhooks.history.parameters import LARGEST_NUMBER, Parameters
from happ_webhooks.history.schema import problems
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES

MOST_EVENTS = 500
LARGEST_PAGE = 8 * 1024 * 1024
PARAMETERS = ("after", "until", "channel", "chat_id", "limit")
SEQUENCE = {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER}
CHAT = {"type": "string", "minLength": 1, "maxLength": 200}
LIMIT = {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS}


class EnvelopeSerializer(serializers.Serializer[Any]):
    """A chat event as it is POSTed; the webhooks of this document describe `data`. Types and channels may be added."""

    id = serializers.CharField()
    type = serializers.CharField(help_text=f"Today one of: {', '.join(EVENT_TYPES)}.")
    timestamp = serializers.DateTimeField()
    sequence = serializers.IntegerField()
    workspace_id = serializers.CharField()
    channel = serializers.CharField(help_text=f"Today one of: {', '.join(CHANNELS)}.")
    chat_id = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]


class BackfillSerializer(serializers.Serializer[Any]):
    data = EnvelopeSerializer(many=True)  # type: ignore[assignment]
    next_after = serializers.IntegerField(help_text="Give it as `after` for the next page.")
    has_more = serializers.BooleanField()


def backfill(workspace: Workspace, query: Parameters) -> HttpResponse:
    """The page of envelopes that a query asks for. Raises Problem (validation)."""
    after = query.number("after", 0, 0) or 0
    until = query.number("until", None, 0)
    limit = query.number("limit", MOST_EVENTS, 1, MOST_EVENTS) or MOST_EVENTS
    filters = {"channel": query.choice("channel", CHANNELS), "chat_id": query.text("chat_id")}
    query.finish()
    filters = {name: value for name, value in filters.items() if value is not None}
    events = ChatEvent.objects.filter(workspace=workspace, sequence__gt=after, **filters)
    if until is not None:
        events = events.filter(sequence__lte=until)
    page, has_more = _page(events, limit)
    next_after = page[-1] if page else after
    # Joined, not parsed and written again: these are the very bytes that are POSTed.
    bodies = ",".join(events.filter(sequence__in=page).order_by("sequence").values_list("body", flat=True))
    more = "true" if has_more else "false"
    text = f'{{"data":[{bodies}],"next_after":{next_after},"has_more":{more}}}'
    return HttpResponse(text, content_type="application/json")


def _page(events: "QuerySet[ChatEvent]", limit: int) -> tuple[list[int], bool]:
    """The sequences of a page, and whether more follow. Large events make it shorter, so that it fits into memory."""
    sizes = events.order_by("sequence").values_list(
        "sequence", Func("body", function="octet_length", output_field=IntegerField())
    )[: limit + 1]
    page: list[int] = []
    total = 0
    for sequence, size in sizes:
        total += size
        if page and (len(page) == limit or total > LARGEST_PAGE):
            return page, True
        page.append(sequence)
    return page, False


class BackfillView(APIView):
    """Reading the recorded events of a workspace."""

    @extend_schema(
        operation_id="fetch_events",
        summary="Fetch recorded events",
        parameters=[
            OpenApiParameter(
                "after", SEQUENCE, description="A sequence; what comes after it is answered. 0 if left out."
            ),
            OpenApiParameter("until", SEQUENCE, description="The last sequence that is answered, itself included."),
            OpenApiParameter("channel", str, enum=list(CHANNELS), description="Of one channel only."),
            OpenApiParameter("chat_id", CHAT, description="Of one chat only; give its channel as well."),
            OpenApiParameter("limit", LIMIT, description=f"Most events of a page; {MOST_EVENTS} if left out."),
        ],
        responses={200: BackfillSerializer, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str) -> HttpResponse:
        """Everything recorded after a sequence, oldest first, byte for byte as it is POSTed.

        A page may be shorter than the limit: `has_more` says whether there is another.
        A token needs the scope `backfill`.
        """
        workspace = workspace_for(request, workspace_id, ApiToken.Scope.BACKFILL, roles=EVERY_ROLE)
        return backfill(workspace, Parameters(request.query_params, PARAMETERS))
