"""What a report of an error may hold: where it happened, and nothing of what was handled there."""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class DiscreetFilter(SafeExceptionReporterFilter):
    """Django's mails would quote the variables of every function, among them messages and passwords, and all forms."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request else {}

    def get_safe_cookies(self, request: HttpRequest | None) -> dict[str, Any]:
        """With the value of one anybody is signed in as its owner."""
        return dict.fromkeys(request.COOKIES, self.cleansed_substitute) if request else {}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        nothing: dict[str, Any] = {}
        return nothing.items()
