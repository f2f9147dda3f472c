"""The shapes of the log's answers, for the schema, and their rows."""

from typing import Any

from rest_framework import serializers

from deliveries.log import next_try_at
from deliveries.models import CloseReason, Delivery, DeliveryAttempt, Status


class DeliverySerializer(serializers.Serializer[Any]):
    event_id = serializers.CharField()
    sequence = serializers.IntegerField()
    type = serializers.CharField()
    channel = serializers.CharField()
    chat_id = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    reason = serializers.ChoiceField(choices=CloseReason.choices, allow_null=True)
    attempts = serializers.IntegerField()
    last_status_code = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField(allow_null=True)
    last_response_ms = serializers.IntegerField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    first_attempt_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class DeliveryPageSerializer(serializers.Serializer[Any]):
    data = DeliverySerializer(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class AttemptSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    response_ms = serializers.IntegerField()
    dns_ms = serializers.IntegerField(allow_null=True)
    connect_ms = serializers.IntegerField(allow_null=True)
    tls_ms = serializers.IntegerField(allow_null=True)
    first_byte_ms = serializers.IntegerField(allow_null=True)
    status_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_blank=True)


class DeliveryDetailSerializer(DeliverySerializer):
    attempts = AttemptSerializer(many=True)  # type: ignore[assignment]


class GapSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=CloseReason.choices)
    first_sequence = serializers.IntegerField()
    last_sequence = serializers.IntegerField(allow_null=True)
    count = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class GapsSerializer(serializers.Serializer[Any]):
    data = GapSerializer(many=True)  # type: ignore[assignment]


class BucketSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    dropped = serializers.IntegerField()


class ErrorCountSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    count = serializers.IntegerField()


class StatsSerializer(serializers.Serializer[Any]):
    window = serializers.CharField()
    buckets = BucketSerializer(many=True)
    p50_ms = serializers.IntegerField(allow_null=True)
    p95_ms = serializers.IntegerField(allow_null=True)
    errors = ErrorCountSerializer(many=True)  # type: ignore[assignment]


def delivery_row(delivery: Delivery) -> dict[str, object]:
    """A delivery of `deliveries.log.as_settled` as it is answered."""
    stands = delivery.stands  # type: ignore[attr-defined]
    return {
        "event_id": delivery.event_id,
        "sequence": delivery.sequence,
        "type": delivery.type,
        "channel": delivery.channel,
        "chat_id": delivery.chat_id,
        "status": stands,
        "reason": delivery.because or None,  # type: ignore[attr-defined]
        "attempts": delivery.attempts,
        "last_status_code": delivery.last_status_code,
        "last_error": delivery.last_error or None,
        "last_response_ms": delivery.last_response_ms,
        "recorded_at": delivery.recorded_at,
        "first_attempt_at": delivery.first_attempt_at,
        "next_attempt_at": next_try_at(delivery, delivery.connection) if stands == Status.PENDING else None,
        "settled_at": delivery.settled_at or (delivery.connection.closed_at if stands != Status.PENDING else None),
    }


def attempt_row(attempt: DeliveryAttempt) -> dict[str, object]:
    names = ("number", "started_at", "response_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms", "status_code")
    row: dict[str, object] = {name: getattr(attempt, name) for name in names}
    return {**row, "error": attempt.error or None, "detail": attempt.detail}
