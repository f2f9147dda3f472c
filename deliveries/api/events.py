"""The ingest API; reading on the same address is the history's back-fill."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.api.incoming import LONGEST_ID, MOST_EVENTS, incoming_events
from deliveries.intake import take_in
from happ_webhooks.history.authentication import workspace_for
from happ_webhooks.history.backfill import BackfillView
from happ_webhooks.history.models import ApiToken
from happ_webhooks.history.schema import problems
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES


class IncomingEventSerializer(serializers.Serializer[Any]):
    """A chat event; it is recorded once for its `source_id`, however often it is sent."""

    source_id = serializers.CharField(min_length=1, max_length=LONGEST_ID, trim_whitespace=False)
    type = serializers.ChoiceField(choices=list(EVENT_TYPES))
    channel = serializers.ChoiceField(choices=list(CHANNELS))
    chat_id = serializers.CharField(min_length=1, max_length=LONGEST_ID, trim_whitespace=False)
    occurred_at = serializers.DateTimeField()
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="`message` and `sender`, or `order`; your own keys travel along unchanged."
    )


class BatchSerializer(serializers.Serializer[Any]):
    """Up to 500 events, in order; taken whole or not at all."""

    events = serializers.ListField(child=IncomingEventSerializer(), min_length=1, max_length=MOST_EVENTS)


class AcceptedEventSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    sequence = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["queued", "recorded", "duplicate"])


class AcceptedSerializer(serializers.Serializer[Any]):
    accepted = AcceptedEventSerializer(many=True)


class EventsView(BackfillView):
    """A workspace's chat events: recording and reading."""

    @extend_schema(
        operation_id="record_events",
        summary="Record events",
        request=PolymorphicProxySerializer(
            component_name="Incoming",
            serializers=[IncomingEventSerializer, BatchSerializer],
            resource_type_field_name=None,
        ),
        responses={202: AcceptedSerializer, **problems("validation", "too_large", "unsupported_media_type")},
    )
    def post(self, request: Request, workspace_id: str) -> Response:
        """Records one event or a batch, in order, and owes them to the connected URL."""
        workspace = workspace_for(request, workspace_id, ApiToken.Scope.INGEST)
        accepted = take_in(workspace.pk, incoming_events(request.data))
        return Response({"accepted": [asdict(each) for each in accepted]}, status.HTTP_202_ACCEPTED)
