"""Settings of an open connection: the same form, filled with what holds now."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from deliveries import connections
from deliveries.models import Connection
from happ_webhooks.history.problems import Problem
from integrations import connecting
from integrations.addresses import readable_host
from integrations.fields import KEEP, Keep
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.webhook import answers
from integrations.pages.webhook.entry import MAKE_HEADER, Entry
from integrations.pages.webhook.saved import saved_meanwhile
from integrations.state import settings_version, status_of

TEMPLATE = "pages/webhook/settings.html"


@sensitive_post_parameters("password", "url")
@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def settings(request: HttpRequest, place: Place) -> HttpResponse:
    """The form; sent, the new settings are tried and saved, or the form is shown again with what was wrong."""
    connection = connections.latest(place.workspace.pk)
    if request.method == "POST":
        return _change(request, place, connection)
    if connection is None or status_of(connection) != "connected":
        return answers.to_tile(request, place)
    return _form(request, place, _entry_of(connection), connection)


def _entry_of(connection: Connection) -> Entry:
    """All that is saved but the password."""
    auth = connection.auth
    return Entry(
        url=connection.url,
        scheme=auth["scheme"],
        header=auth.get("header", MAKE_HEADER),
        version=settings_version(connection),
    )


@sensitive_variables("entry")
def _change(request: HttpRequest, place: Place, connection: Connection | None) -> HttpResponse:
    entry = Entry.posted(request)
    try:
        saved = connecting.change_settings(
            place.workspace.pk,
            url=entry.url,
            password=_password(entry, connection),
            auth=entry.auth,
            expected=[entry.version],
        )
    except Problem as problem:
        found = saved_meanwhile(problem, entry, place.workspace.pk)
        if found is None:
            return _refused(request, place, entry, problem)
        saved = found
    return answers.to_tile(request, place, saved_sentence(saved))


def saved_sentence(connection: Connection) -> str:
    return _("Saved. Events now go to %(host)s.") % {"host": readable_host(connection.url)}


def _password(entry: Entry, connection: Connection | None) -> str | Keep | None:
    if entry.password:
        return entry.password
    has_one = connection is not None and bool(connection.password)
    return None if entry.remove_password or not has_one else KEEP


def _refused(request: HttpRequest, place: Place, entry: Entry, problem: Problem) -> HttpResponse:
    connection = connections.latest(place.workspace.pk)
    if problem.problem_code == "conflict":
        # Who saw what holds now may put their own in its place.
        entry.version = settings_version(connection)
    return _form(request, place, entry, connection, problem)


def _form(
    request: HttpRequest,
    place: Place,
    entry: Entry,
    connection: Connection | None,
    problem: Problem | None = None,
) -> HttpResponse:
    context = {
        "title": _("Settings of Chat Webhook"),
        "summary": entry.explain(problem) if problem else None,
        "entry": entry,
        "password_set": connection is not None and bool(connection.password),
        "current": answers.Current.of(connection) if problem and problem.problem_code == "conflict" else None,
    }
    return answers.dialog(request, place, TEMPLATE, context, problem.status_code if problem else 200)
