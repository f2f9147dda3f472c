"""The test button: a ping or a sample event now, and what came back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from deliveries import connections
from happ_webhooks.history.problems import Problem
from happ_webhooks.wire.envelope import CHANNELS, PING
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.webhook import answers
from integrations.pages.webhook.check import check_of
from integrations.pages.webhook.entry import summary_of
from integrations.pinging import attempt_document, send_test_ping
from integrations.state import status_of

TEMPLATE = "pages/webhook/test_event.html"
TYPES = (
    (PING, gettext_lazy("Ping: does the service answer?")),
    ("message.received", gettext_lazy("A message from a customer")),
    ("message.sent", gettext_lazy("A message from your shop")),
    ("order.created", gettext_lazy("A new order")),
)


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def send_test(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks what to send; sent, shows the check beside the same question."""
    if not may_test(place):
        return answers.to_tile(request, place, _("Connect a URL first."), messages.WARNING)
    context: dict[str, Any] = {
        "title": _("Send test event"),
        "types": TYPES,
        "channels": CHANNELS,
        "type": request.POST.get("type", PING),
        "channel": request.POST.get("channel", CHANNELS[0]),
    }
    status = 200
    if request.method == "POST":
        # A ping belongs to no channel, whatever the other field says.
        channel = None if context["type"] == PING else context["channel"]
        try:
            outcome = send_test_ping(place.workspace.pk, type=context["type"], channel=channel)
            context["check"] = check_of(attempt_document(outcome))
        except Problem as problem:
            context["summary"], status = summary_of(problem), problem.status_code
    return answers.dialog(request, place, TEMPLATE, context, status)


def may_test(place: Place) -> bool:
    """Whether the button is offered: to an admin, while there is a URL to ask, also a stopped one."""
    return place.is_admin and status_of(connections.latest(place.workspace.pk)) != "not_connected"
