"""The delivery log, the gaps and the figures."""

from dataclasses import asdict
from itertools import islice
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deliveries.api.serializers import (
    DeliveryDetailSerializer,
    DeliveryPageSerializer,
    GapsSerializer,
    StatsSerializer,
    attempt_row,
    delivery_row,
)
from deliveries.gaps import gaps_of
from deliveries.log import CURSOR, Filters, attempts_of, cursor_after, delivery_of, rows_of, sequence_of
from deliveries.models import Status
from deliveries.stats import WINDOWS, stats_of
from happ_webhooks.history.authentication import EVERY_ROLE, workspace_for
from happ_webhooks.history.models import ApiToken, Workspace
from happ_webhooks.history.parameters import Parameters
from happ_webhooks.history.schema import problems
from happ_webhooks.wire.envelope import CHANNELS

PAGE, LARGEST_PAGE = 50, 100
FILTERS = ("status", "channel", "chat_id", "error", "since", "until", "cursor", "limit")
MOMENT = {"type": "string", "format": "date-time"}
CHAT = {"type": "string", "minLength": 1, "maxLength": 200}
ERROR = {"type": "string", "minLength": 1, "maxLength": 20}
LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}


def readable(request: Request, workspace_id: str) -> Workspace:
    return workspace_for(request, workspace_id, ApiToken.Scope.MANAGE, roles=EVERY_ROLE)


class DeliveriesView(APIView):
    @extend_schema(
        operation_id="list_deliveries",
        summary="The delivery log",
        parameters=[
            OpenApiParameter("status", str, enum=Status.values, description="How it stands."),
            OpenApiParameter("channel", str, enum=list(CHANNELS), description="Of one channel only."),
            OpenApiParameter("chat_id", CHAT, description="Of one chat only; give its channel as well."),
            OpenApiParameter("error", ERROR, description="The error code of its last try, such as TIMEOUT."),
            OpenApiParameter("since", MOMENT, description="Recorded at this moment or after it."),
            OpenApiParameter("until", MOMENT, description="Recorded before this moment; it is left out itself."),
            OpenApiParameter("cursor", {"type": "string", "pattern": CURSOR}, description="`next_cursor` of a page."),
            OpenApiParameter("limit", LIMIT, description=f"Most deliveries of a page; {PAGE} if left out."),
        ],
        responses={200: DeliveryPageSerializer, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str) -> Response:
        """What became of each event, newest first. A token needs the scope `manage`."""
        workspace = readable(request, workspace_id)
        query = Parameters(request.query_params, FILTERS)
        limit = query.number("limit", PAGE, 1, LARGEST_PAGE) or PAGE
        filters = Filters(
            status=query.choice("status", Status.values),
            channel=query.choice("channel", CHANNELS),
            chat_id=query.text("chat_id"),
            error=query.text("error", 20),
            since=query.moment("since"),
            until=query.moment("until"),
            before=query.parsed("cursor", sequence_of),
        )
        query.finish()
        found = list(islice(rows_of(workspace.pk, filters, limit + 1), limit + 1))
        next_cursor = cursor_after(found[limit - 1].sequence) if len(found) > limit else None
        return Response({"data": [delivery_row(each) for each in found[:limit]], "next_cursor": next_cursor})


class DeliveryView(APIView):
    @extend_schema(
        operation_id="show_delivery",
        summary="One delivery with its attempts",
        responses={200: DeliveryDetailSerializer, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str, event_id: str) -> Response:
        """What became of one event, with every POST. A token needs the scope `manage`."""
        workspace = readable(request, workspace_id)
        Parameters(request.query_params, ()).finish()
        delivery = delivery_of(workspace.pk, event_id)
        if delivery is None:
            raise Http404
        attempts = [attempt_row(attempt) for attempt in attempts_of(delivery)]
        return Response({**delivery_row(delivery), "attempts": attempts})


class GapsView(APIView):
    @extend_schema(
        operation_id="list_gaps",
        summary="What was not delivered",
        responses={200: GapsSerializer, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str) -> Response:
        """The gaps of the last 30 days, newest first. A token needs the scope `manage`."""
        workspace = readable(request, workspace_id)
        Parameters(request.query_params, ()).finish()
        found: list[dict[str, Any]] = [asdict(gap) for gap in gaps_of(workspace, timezone.now())]
        return Response({"data": found})


class StatsView(APIView):
    @extend_schema(
        operation_id="show_stats",
        summary="Figures for charts",
        parameters=[OpenApiParameter("window", str, enum=list(WINDOWS), default="24h", description="Until now.")],
        responses={200: StatsSerializer, **problems("validation")},
    )
    def get(self, request: Request, workspace_id: str) -> Response:
        """Tries by result, answer times and frequent errors. A token needs the scope `manage`."""
        workspace = readable(request, workspace_id)
        query = Parameters(request.query_params, ("window",))
        window = query.choice("window", WINDOWS) or "24h"
        query.finish()
        figures = stats_of(workspace.pk, window, timezone.now())
        errors = [{"code": code, "count": count} for code, count in figures.errors]
        return Response({**asdict(figures), "errors": errors})
