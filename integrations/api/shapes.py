"""The shapes of the tile's requests and answers, for the OpenAPI schema."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from deliveries.api.serializers import GapSerializer
from deliveries.models import CloseReason
from happ_webhooks.history.problems import CONTENT_TYPE
from happ_webhooks.history.schema import ProblemSerializer, problems
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, PING
from happ_webhooks.wire.request import LONGEST_HEADER, LONGEST_PASSWORD
from happ_webhooks.wire.target import LONGEST_URL
from integrations.state import STATUSES

STOP_REASONS = (CloseReason.MAX_RETRIES_EXCEEDED.value, CloseReason.GONE.value)


class AuthSerializer(serializers.Serializer[Any]):
    """How the password is sent. `header` belongs to the scheme of that name and starts with `x-`."""

    scheme = serializers.ChoiceField(choices=["bearer", "basic", "header"])
    header = serializers.CharField(required=False, max_length=LONGEST_HEADER)


class ConnectSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=LONGEST_URL, help_text="HTTPS address that events are POSTed to.")
    password = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_PASSWORD, write_only=True)
    auth = AuthSerializer(required=False)


class SettingsSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is; a password of null removes it."""

    url = serializers.CharField(required=False, max_length=LONGEST_URL)
    password = serializers.CharField(required=False, allow_null=True, max_length=LONGEST_PASSWORD, write_only=True)
    auth = AuthSerializer(required=False)


class FailingSerializer(serializers.Serializer[Any]):
    """The oldest event that waits for its next try, and what is wrong."""

    since = serializers.DateTimeField()
    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    chats = serializers.IntegerField(help_text="Chats whose next event waits for a retry.")
    event_id = serializers.CharField()
    attempts = serializers.IntegerField()
    max_attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    stops_at = serializers.DateTimeField(allow_null=True, help_text="When the stream stops if nothing gets through.")


class TileSerializer(serializers.Serializer[Any]):
    workspace_id = serializers.CharField()
    status = serializers.ChoiceField(choices=list(STATUSES))
    url = serializers.CharField(
        allow_null=True, help_text="For members who are not admins its query and most of its path read `***`."
    )
    password_set = serializers.BooleanField()
    auth = AuthSerializer(allow_null=True)
    generation = serializers.IntegerField(help_text="Number of the newest connection, 0 before the first.")
    connected_at = serializers.DateTimeField(allow_null=True)
    edited_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    stop_reason = serializers.ChoiceField(choices=STOP_REASONS, allow_null=True)
    last_attempt_at = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_status_code = serializers.IntegerField(allow_null=True)
    last_response_ms = serializers.IntegerField(allow_null=True)
    pending = serializers.IntegerField(help_text="Exact to 10,000.")
    pending_capped = serializers.BooleanField()
    oldest_pending_at = serializers.DateTimeField(allow_null=True)
    failing = FailingSerializer(allow_null=True)
    gap = GapSerializer(allow_null=True)


class PingSerializer(serializers.Serializer[Any]):
    """Nothing for a ping; a type or a channel for a sample event."""

    type = serializers.ChoiceField(choices=[PING, *EVENT_TYPES], required=False, allow_null=True)
    channel = serializers.ChoiceField(choices=list(CHANNELS), required=False, allow_null=True)


class PingAttemptSerializer(serializers.Serializer[Any]):
    """What a ping came to. `error` is null on a 2xx; title and detail say what to do."""

    status_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    response_ms = serializers.IntegerField()
    dns_ms = serializers.IntegerField(allow_null=True)
    connect_ms = serializers.IntegerField(allow_null=True)
    tls_ms = serializers.IntegerField(allow_null=True)
    first_byte_ms = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    detail = serializers.CharField()


class PingResultSerializer(serializers.Serializer[Any]):
    attempt = PingAttemptSerializer()


class SigningSecretSerializer(serializers.Serializer[Any]):
    signing_secret = serializers.CharField(help_text="`whsec_` and the base64 of 32 bytes.")
    previous_expires_at = serializers.DateTimeField(allow_null=True)


class PingProblemSerializer(ProblemSerializer):
    """With `ping_failed`, what the ping came to."""

    attempt = PingAttemptSerializer(required=False)


def saving_problems(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The error answers of what pings before it saves."""
    found = problems(
        "validation", "ping_failed", "conflict", "rate_limited", "unsupported_media_type", "too_large", *codes
    )
    described = ", ".join(
        sorted({"validation", "ping_failed", *codes} & {"validation", "ping_failed", "password_required"})
    )
    return {**found, (422, CONTENT_TYPE): OpenApiResponse(PingProblemSerializer, described)}
