"""Disconnect, after a question that says what will happen."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliveries import connections
from happ_webhooks.history.problems import Problem
from integrations import connecting
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.webhook import answers
from integrations.state import status_of
from integrations.waiting import waiting_at

TEMPLATE = "pages/webhook/disconnect.html"


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def disconnect(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks; sent, ends the connection or the stopped one."""
    connection = connections.latest(place.workspace.pk)
    if connection is None or status_of(connection) == "not_connected":
        return answers.to_tile(request, place)
    if request.method == "POST" and request.POST.get("number") == str(connection.number):
        try:
            connecting.disconnect(place.workspace.pk, expected_number=connection.number)
        except Problem:
            # Connected anew since it was read.
            connection = connections.latest(place.workspace.pk) or connection
        else:
            return answers.to_tile(request, place, _("Disconnected. No further events are sent."))
    context = {
        "title": _("Disconnect Chat Webhook?"),
        "number": connection.number,
        "stopped": status_of(connection) == "stopped",
        "waiting": waiting_at(connection),
        "changed": request.method == "POST",
    }
    return answers.dialog(request, place, TEMPLATE, context, 412 if request.method == "POST" else 200)
