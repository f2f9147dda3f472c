from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request


class PlainJSONRenderer(JSONRenderer):
    """JSON on one line."""

    charset = None

    def get_indent(self, accepted_media_type: str, renderer_context: Mapping[str, Any]) -> int | None:
        return None


class AnyAccept(DefaultContentNegotiation):
    """The first format whatever the client says it accepts: an answer it did not ask for helps more than none."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first, *_others = renderers = list(renderers)
        # The first look at the query: it is UTF-8, whatever charset the body claims.
        request._request.encoding = "utf-8"
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        except (NotAcceptable, Http404):
            return first, str(first.media_type)
        return chosen
