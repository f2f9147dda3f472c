"""Reading a request's body: a JSON object with the fields that exist here, and no other."""

from collections.abc import Collection

from django.utils.translation import gettext as _
from rest_framework.request import Request

from happ_webhooks.history.parsers import body_of
from happ_webhooks.history.problems import FieldError, Problem, json_pointer

MOST_NAMED = 100


def fields_of(request: Request, known: Collection[str], *, may_be_missing: bool = False) -> dict[str, object]:
    """The body's fields. Raises Problem (validation) that names what does not belong.

    A chunked body, which is not read, must not pass for a missing one.
    """
    missing_is_empty = may_be_missing and "HTTP_TRANSFER_ENCODING" not in request.META
    body = request.data if missing_is_empty else body_of(request)
    if not isinstance(body, dict):
        raise _refused([FieldError("", "type", _("Send a JSON object."))])
    sentence = _("This field does not exist. There are: %(allowed)s.") % {"allowed": ", ".join(known)}
    unknown = [FieldError(json_pointer(name), "unknown", sentence) for name in body if name not in known]
    if unknown:
        raise _refused(unknown[:MOST_NAMED])
    return dict(body)


def _refused(errors: list[FieldError]) -> Problem:
    return Problem("validation", _("Nothing was sent or saved. Correct what is named in `errors`."), errors=errors)
