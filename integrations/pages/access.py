"""Who may see a page: people who are signed in and belong to the workspace its address names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from happ_webhooks.history.audit import acting
from happ_webhooks.history.authentication import EVERY_ROLE
from happ_webhooks.history.models import Membership, Workspace
from integrations.actors import person

ADMINS = (Membership.Role.ADMIN,)

Page = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Place:
    """The workspace a page is about, and what the person who looks at it is there."""

    workspace: Workspace
    role: str

    @property
    def is_admin(self) -> bool:
        return self.role == Membership.Role.ADMIN


def page(*, roles: Sequence[str] = EVERY_ROLE) -> Callable[[Page], Page]:
    """A view `(request, place, ...)` at an address with `workspace_id`, for members with one of `roles`.

    Times are shown in the workspace's zone. The sign-in page answers who is not signed in (a form that scripts sent
    gets a line above it instead, so that nothing that was typed is lost), 404 who does not belong there, and 403 who
    may not do this. The response is rendered here: a lazy one would be rendered in another time zone.
    """

    def decorate(view: Page) -> Page:
        @never_cache
        @wraps(view)
        def shown(request: HttpRequest, workspace_id: str, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            place = place_of(request.user, workspace_id)
            if place.role not in roles:
                raise PermissionDenied
            request.place = place  # type: ignore[attr-defined] # for the shell around every page
            with timezone.override(place.workspace.zone), acting(person(request)):
                response = view(request, place, **kwargs)
                return response.render() if hasattr(response, "render") else response

        return shown

    return decorate


def place_of(user: User | AnonymousUser, workspace_id: str) -> Place:
    """The person's place in a workspace. Raises Http404 if there is none, whether or not the workspace exists."""
    if "\0" in workspace_id:  # No database row can be asked for it.
        raise Http404
    found = (
        Membership.objects.filter(workspace_id=workspace_id, user_id=user.pk or 0).select_related("workspace").first()
    )
    if found is None:
        raise Http404
    return Place(found.workspace, found.role)


def by_script(request: HttpRequest) -> bool:
    """Whether htmx asks, for a part of a page; else a browser, for the whole."""
    return "HX-Request" in request.headers


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; for a script's request a line to put where the form keeps its notices."""
    if not by_script(request):
        return redirect_to_login(request.get_full_path())
    return render(request, "pages/signed_out.html", status=401)
