"""How the dialogs answer: a fragment to scripts, a whole page to everybody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from deliveries.models import Connection
from integrations.addresses import readable
from integrations.pages.access import Place, by_script
from integrations.state import Status, status_of

SEE_OTHER = 303


@dataclass(frozen=True, kw_only=True)
class Current:
    """What holds now, for whoever is told that somebody else changed it meanwhile."""

    status: Status
    url: str = ""
    password_set: bool = False
    changed_at: datetime | None = None

    @classmethod
    def of(cls, connection: Connection | None) -> "Current":
        status = status_of(connection)
        if connection is None or status == "not_connected":
            return cls(status="not_connected")
        return cls(
            status=status,
            url=readable(connection.url),
            password_set=bool(connection.password),
            changed_at=connection.edited_at or connection.opened_at,
        )


def dialog(
    request: HttpRequest, place: Place, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The content of a dialog; the same in a page of its own without scripts."""
    context |= {"ws": place.workspace.pk, "fragment": template}
    chosen = template if by_script(request) else "pages/webhook/alone.html"
    return render(request, chosen, context, status=status)


def to_tile(request: HttpRequest, place: Place, sentence: str = "", level: int = messages.SUCCESS) -> HttpResponse:
    """Back to the tile, which says what was done."""
    if sentence:
        messages.add_message(request, level, sentence)
    address = reverse("pages:tile", args=[place.workspace.pk])
    if by_script(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address, status=SEE_OTHER)
