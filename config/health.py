"""Is the process alive, and can it do its work?"""

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from config.probes.schema import schema


def livez(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 while events can be accepted: the database answers and its schema is up to date. The broker may be away."""
    try:
        behind = schema().missing
    except DatabaseError:
        return HttpResponse("the database is away\n", status=503, content_type="text/plain")
    if behind:
        return HttpResponse("the database's schema is behind: run migrate\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
