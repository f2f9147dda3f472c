"""The OpenAPI schema: what every endpoint shares."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from happ_webhooks.history.problems import CONTENT_TYPE, STATUS

CODES = sorted(STATUS)


class FieldErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(
        help_text="JSON pointer to what is wrong in the body; `?name` for a query parameter."
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457). Switch on `code`; title and detail are for people, in the language asked for."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField(choices=CODES)
    detail = serializers.CharField(allow_blank=True)
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]


def problems(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The error answers of an endpoint, for `extend_schema(responses=...)`."""
    every = {*codes, "unauthorized", "forbidden", "not_found", "unavailable", "internal"}
    by_status: dict[int, list[str]] = {400: ["validation"]}
    for code in sorted(every):
        by_status.setdefault(STATUS[code], []).append(code)
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, ", ".join(found))
        for status, found in sorted(by_status.items())
    }


def refuse_unknown_fields(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Says of every request's object what the code does: a field that does not exist is an error."""
    for name, schema in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    return result


class ProblemAutoSchema(AutoSchema):
    """A request whose schema is written out by hand cannot be left out either."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        body = (operation or {}).get("requestBody", {})
        if any("$ref" not in media["schema"] for media in body.get("content", {}).values()):
            body["required"] = True
        return operation
