"""Reading query parameters strictly: an unknown or malformed one is an error that names it, never silently ignored."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from happ_webhooks.history.moments import moment_of
from happ_webhooks.history.problems import FieldError, Problem

T = TypeVar("T")
LARGEST_NUMBER = 2**63 - 1
LONGEST_NAME = 100


class Parameters:
    """One request's query. `finish` raises Problem (validation) with everything that was wrong."""

    def __init__(self, query: QueryDict, known: Collection[str]) -> None:
        self._query = query
        self._errors = [
            FieldError(f"?{name[:LONGEST_NAME]}", "unknown", _("This parameter does not exist here."))
            for name in query
            if name not in known
        ]

    def finish(self) -> None:
        if self._errors:
            raise Problem("validation", _("Some parameters are not right."), errors=self._errors)

    def number(self, name: str, default: int | None, smallest: int, largest: int = LARGEST_NUMBER) -> int | None:
        expected = _("Give a whole number from %(smallest)s to %(largest)s.") % {
            "smallest": smallest,
            "largest": largest,
        }

        def convert(text: str) -> int:
            if not (text.isascii() and text.isdigit() and len(text) < 20 and smallest <= int(text) <= largest):
                raise ValueError
            return int(text)

        return self._read(name, default, convert, expected)

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        def convert(text: str) -> str:
            if text not in allowed:
                raise ValueError
            return text

        return self._read(name, None, convert, _("Give one of: %(allowed)s.") % {"allowed": ", ".join(allowed)})

    def text(self, name: str, longest: int = 200) -> str | None:
        def convert(text: str) -> str:
            if not text or len(text) > longest or "\0" in text:
                raise ValueError
            return text

        return self._read(name, None, convert, _("Give 1 to %(longest)s characters.") % {"longest": longest})

    def moment(self, name: str) -> datetime | None:
        return self._read(name, None, moment_of, _("Give a time with its zone, such as 2026-05-25T11:30:00Z."))

    def parsed(self, name: str, convert: Callable[[str], T]) -> T | None:
        return self._read(name, None, convert, _("This value was not made by this API."))

    def _read(self, name: str, default: T | None, convert: Callable[[str], T], expected: str) -> T | None:
        values = self._query.getlist(name)
        if not values:
            return default
        try:
            if len(values) > 1:
                raise ValueError
            return convert(values[0])
        except (ValueError, OverflowError):
            self._errors.append(FieldError(f"?{name}", "invalid", expected))
            return default
