"""The workspace: its name, time zone and language, and its people."""

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from happ_webhooks.history import members as service
from happ_webhooks.history.models import Membership, Workspace
from integrations.pages.access import Place, page

ROLES = {
    Membership.Role.ADMIN: gettext_lazy("Admin: connects, changes, manages people and tokens"),
    Membership.Role.MEMBER: gettext_lazy("Member: sees the tile and the log"),
}
SHORT_ROLES = {Membership.Role.ADMIN: gettext_lazy("Admin"), Membership.Role.MEMBER: gettext_lazy("Member")}
#: Names of today, without the abbreviations and old names that the time zone database keeps beside them.
OLD_AREAS = {"Etc", "US", "Canada", "Brazil", "Mexico", "Chile"}


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The names of time zones that this machine knows. Reading them takes a fifth of a second."""
    areas = {name for name in zoneinfo.available_timezones() if "/" in name}
    return ("UTC", *sorted(name for name in areas if name.split("/")[0] not in OLD_AREAS))


class WorkspaceForm(forms.Form):
    """Each field carries what it was when the page was made: only what its sender changed is saved."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, show_hidden_initial=True)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("All times on these pages are shown in it."),
        show_hidden_initial=True,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the workspace"),
        help_text=gettext_lazy("In which HAPP writes to you. The language of these pages is chosen at their end."),
        choices=settings.LANGUAGES,
        show_hidden_initial=True,
    )

    def __init__(self, workspace: Workspace, data: Any = None) -> None:
        initial = {name: getattr(workspace, name) for name in ("name", "time_zone", "language")}
        super().__init__(data, initial=initial)
        known = time_zones()
        odd = () if workspace.time_zone in known else (workspace.time_zone,)
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in (*odd, *known)]  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=list(ROLES.items()), initial=Membership.Role.MEMBER)


@require_http_methods(["GET", "POST"])
@page()
def workspace(request: HttpRequest, place: Place) -> HttpResponse:
    """Everybody sees it; its two forms, told apart by their button, are the admins'."""
    if request.method == "GET":
        return shown(request, place)
    if not place.is_admin:
        raise PermissionDenied
    return add(request, place) if request.POST.get("do") == "add" else save(request, place)


def shown(request: HttpRequest, place: Place, status: int = 200, **forms_sent: forms.Form) -> HttpResponse:
    context: dict[str, Any] = {
        "settings_form": forms_sent.get("settings") or WorkspaceForm(place.workspace),
        "member_form": forms_sent.get("member") or MemberForm(),
        "members": [(each, SHORT_ROLES[Membership.Role(each.role)]) for each in service.members_of(place.workspace)],
        "language": dict(settings.LANGUAGES).get(place.workspace.language, place.workspace.language),
    }
    return render(request, "pages/account/workspace.html", context, status=status)


def save(request: HttpRequest, place: Place) -> HttpResponse:
    form = WorkspaceForm(place.workspace, request.POST)
    if not form.is_valid():
        return shown(request, place, 422, settings=form)
    changed = {name: form.cleaned_data[name] for name in form.changed_data}
    if changed:
        # Never the whole row: it also numbers the events.
        Workspace.objects.filter(pk=place.workspace.pk).update(**changed)
    messages.success(request, _("Saved."))
    return redirect("pages:workspace", place.workspace.pk)


def add(request: HttpRequest, place: Place) -> HttpResponse:
    form = MemberForm(request.POST)
    if form.is_valid():
        username, role = form.cleaned_data["username"], form.cleaned_data["role"]
        try:
            service.add(place.workspace, username, role)
        except service.MemberAlready:
            form.add_error("username", _("This person is a member already."))
        except service.CannotBeAdded:
            form.add_error(
                "username",
                _("There is nobody with this user name who can be added. Accounts are made by HAPP: ask its support."),
            )
        else:
            messages.success(request, _("%(name)s is a member now.") % {"name": username})
            return redirect("pages:workspace", place.workspace.pk)
    return shown(request, place, 422, member=form)
