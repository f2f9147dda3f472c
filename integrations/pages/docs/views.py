"""The docs for receivers on the site: the files of docs/receivers, open to everybody."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from integrations.pages.docs import markdown

FIRST = "README"


@require_safe
def docs_home(request: HttpRequest) -> HttpResponse:
    """The quick start, in the language of the reader."""
    local = f"{FIRST}.{get_language()}"
    return _shown(request, local if local in markdown.names() else FIRST)


@require_safe
def docs_page(request: HttpRequest, name: str) -> HttpResponse:
    """One page."""
    if name not in markdown.names():
        raise Http404
    return _shown(request, name)


@require_safe
def docs_file(request: HttpRequest, path: str) -> HttpResponse:
    """A sample, the schema or the vectors, as plain text."""
    text = markdown.files().get(path)
    if text is None:
        raise Http404
    kind = "application/json" if path.endswith(".json") else "text/plain"
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8")


def _shown(request: HttpRequest, name: str) -> HttpResponse:
    title, body = markdown.page(name)
    language = name.partition(".")[2] or "en"
    context = {"title": title, "body": body, "first": name.startswith(FIRST), "text_language": language}
    return render(request, "pages/docs/page.html", context)
