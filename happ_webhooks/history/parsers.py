"""Reading JSON strictly: what could not be sent on to any receiver is refused, with its place named."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from happ_webhooks.history.problems import FieldError, Problem, json_pointer

LARGEST_BODY = 1024 * 1024
DEEPEST = 64
MOST_NAMED = 500
LONGEST_NUMBER = 300
# Only such an escape can bring in a NUL or half a character: neither stands raw in valid JSON in UTF-8.
ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")


class _Suspicious(ValueError):
    """A number that must be looked at."""


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _Suspicious
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Suspicious
    return value


def _constant(name: str) -> NoReturn:
    raise _Suspicious


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 of at most 1 MiB, without NUL, lone surrogates, and numbers that overflow."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return parse(stream.read(LARGEST_BODY + 1))


def parse(raw: bytes) -> Any:
    """The value of a JSON text. Raises Problem (too_large, validation)."""
    if len(raw) > LARGEST_BODY:
        raise Problem("too_large", _("The body is larger than 1 MiB. Send fewer events at a time."))
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_constant)
    except _Suspicious:
        raise _bad_json(_("It holds a number that is too large, or NaN or Infinity.")) from None
    except UnicodeDecodeError as problem:
        raise _bad_json(_("It is not UTF-8 at byte %(position)s.") % {"position": problem.start}) from None
    except json.JSONDecodeError as problem:
        place = {"line": problem.lineno, "column": problem.colno}
        raise _bad_json(_("It is not JSON at line %(line)s, column %(column)s.") % place) from None
    except RecursionError:
        raise _bad_json(_("It is nested too deeply.")) from None
    if ESCAPED.search(text) or _is_too_deep(value):
        _check(value)
    return value


def body_of(request: Request) -> Any:
    """The JSON of a request that needs one. Without a length the framework reads nothing and says {}."""
    if request.META.get("CONTENT_LENGTH") in {None, "", "0"}:
        raise _bad_json(_("It is empty. Send JSON, with its content-length: a chunked body is not read."))
    return request.data


def _bad_json(detail: str) -> Problem:
    return Problem("validation", detail, status=400, errors=[FieldError("", "json", detail)])


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _depth in range(DEEPEST):
        # Level by level, in one expression each: walking every value of a batch takes ten times as long.
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _check(value: object) -> None:
    found = islice(_unsendable(value, "", 0), MOST_NAMED)
    errors = [FieldError(pointer, "text", detail) for pointer, detail in found]
    if errors:
        raise Problem("validation", _("Some of it cannot be sent on."), errors=errors)


def _unsendable(value: object, pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and (problem := _bad_text(value)):
        yield pointer, problem
    elif isinstance(value, dict | list) and depth == DEEPEST:
        yield pointer, _("Nest at most 64 levels deep.")
    elif isinstance(value, dict | list):
        yield from _unsendable_within(value, pointer, depth + 1)


def _unsendable_within(value: dict[str, object] | list[object], pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        place = f"{pointer}{json_pointer(key)}"
        if problem := _bad_text(str(key)):
            yield place, problem
        yield from _unsendable(item, place, depth)


def _bad_text(text: str) -> str | None:
    if "\0" in text:
        return _("Remove the NUL character.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return _("Remove the lone surrogate: it is half a character.")
    return None
