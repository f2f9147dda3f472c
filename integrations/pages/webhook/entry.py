"""What a person entered in the form of Connect and Settings, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from happ_webhooks.history.problems import TITLES, FieldError, Problem
from integrations.pages.webhook.check import Check, check_of
from integrations.pages.webhook.hints import ShownHint, hints_for

#: Longer than anything that is accepted: what goes over is refused as too long, and need not come back whole.
LONGEST_ENTRY = 4096
MAKE_HEADER = "x-make-apikey"
SCHEMES = ("bearer", "basic", "header")


@dataclass(kw_only=True)
class Entry:
    """The form's fields. What was entered is given back in the same answer, and kept nowhere.

    `version` is the settings' version that the form was opened with (state.settings_version).
    """

    url: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    scheme: str = SCHEMES[0]
    header: str = MAKE_HEADER
    remove_password: bool = False
    version: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls, request: HttpRequest) -> "Entry":
        entered = request.POST
        return cls(
            url=entered.get("url", "")[:LONGEST_ENTRY],
            password=entered.get("password", "")[:LONGEST_ENTRY],
            scheme=entered.get("scheme", SCHEMES[0])[:LONGEST_ENTRY],
            header=entered.get("header", "")[:LONGEST_ENTRY].strip(),
            remove_password="remove_password" in entered,
            version=entered.get("version", "")[:LONGEST_ENTRY],
        )

    @property
    def auth(self) -> dict[str, str]:
        """As the services take it."""
        if self.scheme == "header":
            return {"scheme": "header", "header": self.header.lower()}
        return {"scheme": self.scheme}

    @property
    def way_open(self) -> bool:
        """Whether the folded choice of how the password is sent is shown open."""
        return self.scheme != SCHEMES[0] or "header" in self.wrong

    @property
    def hints(self) -> Sequence[ShownHint]:
        return hints_for(self.url)

    def explain(self, problem: Problem) -> "Summary":
        """Puts the sentences at the fields they are about, and the rest above the form."""
        for error in problem.errors:
            name, sentence = _place(error)
            self.wrong.setdefault(name, sentence)
        if self.wrong:
            return Summary(title=_("Please correct what is marked"), fields=list(self.wrong.items()))
        return summary_of(problem)


@dataclass(kw_only=True)
class Summary:
    """What stands above a form that was not taken.

    A sentence, the fields to correct as (name, sentence), or the check that failed.
    """

    title: str
    sentence: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    check: Check | None = None


def summary_of(problem: Problem) -> Summary:
    """The words for a problem that belongs to no field."""
    title, attempt = str(TITLES[problem.problem_code]), problem.extra.get("attempt")
    if isinstance(attempt, dict):
        return Summary(title=title, check=check_of(attempt))
    if problem.problem_code == "rate_limited":
        seconds = int(problem.headers.get("Retry-After", 1))
        wait = ngettext("Try again in %(count)s second.", "Try again in %(count)s seconds.", seconds)
        return Summary(title=problem.text, sentence=wait % {"count": seconds})
    return Summary(title=title, sentence=problem.text)


def _place(error: FieldError) -> tuple[str, str]:
    if error.pointer == "/auth":
        return "header", _("A header's name starts with x- and has at most 64 letters, digits and hyphens.")
    return error.pointer.removeprefix("/"), error.detail
