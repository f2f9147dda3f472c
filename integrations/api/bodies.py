"""Reading a request's body: a JSON object with the fields that exist here, and no other."""

from collections.abc import Collection

from django.utils.translation import gettext as _
from rest_framework.request import Request

from happ_webhooks.history.problems import FieldError, Problem

LONGEST_NAME = 100


def fields_of(request: Request, known: Collection[str]) -> dict[str, object]:
    """The body's fields; no body is an empty one. Raises Problem (validation) that names what does not belong."""
    body = request.data
    if not isinstance(body, dict):
        raise _refused([FieldError("", "type", _("Send a JSON object."))])
    allowed = ", ".join(known)
    unknown = [
        FieldError(
            _pointer(name), "unknown", _("This field does not exist. There are: %(allowed)s.") % {"allowed": allowed}
        )
        for name in body
        if name not in known
    ]
    if unknown:
        raise _refused(unknown[:LONGEST_NAME])
    return dict(body)


def _pointer(name: str) -> str:
    """RFC 6901."""
    return "/" + name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1")


def _refused(errors: list[FieldError]) -> Problem:
    return Problem("validation", _("Nothing was sent or saved. Correct what is named in `errors`."), errors=errors)
