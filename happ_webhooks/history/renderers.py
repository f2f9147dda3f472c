from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class PlainJSONRenderer(JSONRenderer):
    """JSON whatever the client says it accepts: an answer it did not ask for helps more than none."""

    charset = None

    def get_indent(self, accepted_media_type: str, renderer_context: Mapping[str, Any]) -> int | None:
        return None
