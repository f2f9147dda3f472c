"""The ingest API; reading on the same address is the history's back-fill."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.api.incoming import incoming_events
from deliveries.api.incoming_schema import INCOMING
from deliveries.intake import take_in
from happ_webhooks.history.authentication import workspace_for
from happ_webhooks.history.backfill import BackfillView
from happ_webhooks.history.models import ApiToken
from happ_webhooks.history.parsers import body_of
from happ_webhooks.history.schema import problems
from happ_webhooks.wire.trace import caller_of


class AcceptedEventSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    sequence = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["queued", "recorded", "duplicate"])


class AcceptedSerializer(serializers.Serializer[Any]):
    """In the order of the request; a duplicate has the id and sequence of the event that was recorded before."""

    accepted = AcceptedEventSerializer(many=True)


class EventsView(BackfillView):
    """A workspace's chat events: recording and reading."""

    @extend_schema(
        operation_id="record_events",
        summary="Record events",
        request={"application/json": INCOMING},
        responses={202: AcceptedSerializer, **problems("validation", "too_large", "unsupported_media_type")},
    )
    def post(self, request: Request, workspace_id: str) -> Response:
        """Records one event or a batch, in order, and owes them to the connected URL.

        A token needs the scope `ingest`; the pages' session is not taken.
        """
        workspace = workspace_for(request, workspace_id, ApiToken.Scope.INGEST)
        caller = caller_of(request.headers.get("traceparent", ""))
        accepted = take_in(workspace.pk, incoming_events(body_of(request)), caller)
        return Response({"accepted": [vars(each) for each in accepted]}, status.HTTP_202_ACCEPTED)
