"""Connect: the form, the check of the URL, and the new connection."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from deliveries import connections
from deliveries.models import Connection
from happ_webhooks.history.problems import Problem
from integrations import connecting
from integrations.addresses import readable_host
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.webhook import answers
from integrations.pages.webhook.entry import Entry
from integrations.pages.webhook.saved import saved_meanwhile
from integrations.state import settings_version, status_of

TEMPLATE = "pages/webhook/connect.html"


@sensitive_post_parameters("password", "url")
@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def connect(request: HttpRequest, place: Place) -> HttpResponse:
    """The form; sent, the URL is asked and the tile is shown, or the form again with what was wrong."""
    if request.method == "POST":
        return _connect(request, place)
    connection = connections.latest(place.workspace.pk)
    if status_of(connection) == "connected":
        return answers.to_tile(request, place)
    # Whoever reconnects mostly means the same URL; the password is not given back.
    url = connection.url if connection else ""
    return _form(request, place, Entry(url=url, version=settings_version(connection)))


@sensitive_variables("entry")
def _connect(request: HttpRequest, place: Place) -> HttpResponse:
    entry = Entry.posted(request)
    try:
        connection = connecting.connect(
            place.workspace.pk,
            url=entry.url,
            password=entry.password or None,
            auth=entry.auth,
            expected=[entry.version],
        )
    except Problem as problem:
        saved = saved_meanwhile(problem, entry, place.workspace.pk)
        if saved is None:
            return _refused(request, place, entry, problem)
        connection = saved
    return answers.to_tile(request, place, connected_to(connection))


def connected_to(connection: Connection) -> str:
    return _("Connected. New events now go to %(host)s.") % {"host": readable_host(connection.url)}


def _refused(request: HttpRequest, place: Place, entry: Entry, problem: Problem) -> HttpResponse:
    if problem.problem_code != "conflict":
        return _form(request, place, entry, problem)
    connection = connections.latest(place.workspace.pk)
    # Who saw what holds now may put their own in its place.
    entry.version = settings_version(connection)
    return _form(request, place, entry, problem, current=connection)


def _form(
    request: HttpRequest,
    place: Place,
    entry: Entry,
    problem: Problem | None = None,
    current: Connection | None = None,
) -> HttpResponse:
    context = {
        "title": _("Connect Chat Webhook"),
        "summary": entry.explain(problem) if problem else None,
        "entry": entry,
        "current": answers.Current.of(current) if problem and problem.problem_code == "conflict" else None,
    }
    return answers.dialog(request, place, TEMPLATE, context, problem.status_code if problem else 200)
