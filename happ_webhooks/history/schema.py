"""The OpenAPI schema: what every endpoint shares."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from happ_webhooks.history.problems import CONTENT_TYPE, STATUS


class FieldErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer to what is wrong.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457). Switch on `code`; title and detail are for people, in the language asked for."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=sorted(STATUS))
    detail = serializers.CharField(allow_blank=True)
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]


def problems(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The error answers of an endpoint, for `extend_schema(responses=...)`."""
    every = {*codes, "unauthorized", "forbidden", "not_found", "not_acceptable", "unavailable"}
    by_status: dict[int, list[str]] = {}
    for code in sorted(every):
        by_status.setdefault(STATUS[code], []).append(code)
    if "validation" in every:
        by_status.setdefault(400, []).append("validation")
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, ", ".join(found))
        for status, found in by_status.items()
    }


class ProblemAutoSchema(AutoSchema):
    """Every endpoint may answer with problem details."""
