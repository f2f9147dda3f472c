"""Questions before something that cannot be taken back: in the dialog for scripts, as a page of their own without."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from integrations.pages.access import by_script


@dataclass(frozen=True, kw_only=True)
class Question:
    """`lines` say what will happen, `button` does it, `back` is where Cancel leads, `hidden` comes along with the
    answer."""

    title: str
    lines: list[str]
    button: str
    back: str
    hidden: dict[str, str] = field(default_factory=dict)


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    template = "question.html" if by_script(request) else "question_page.html"
    return render(request, f"pages/account/{template}", {"question": question})


def leave(request: HttpRequest, address: str, sentence: str, level: int = messages.SUCCESS) -> HttpResponse:
    """Goes to a page, which says what was done."""
    messages.add_message(request, level, sentence)
    if by_script(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address, status=303)
