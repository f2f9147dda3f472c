"""Changing what a member may do, and removing one."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from happ_webhooks.history import members as service
from happ_webhooks.history.models import Membership
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.account.question import Question, ask, leave

ADMIN, MEMBER = Membership.Role.ADMIN, Membership.Role.MEMBER


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def change_role(request: HttpRequest, place: Place, member_id: int) -> HttpResponse:
    """Asks; sent with a role, gives it."""
    member = _member(place, member_id)
    name, back = member.user.get_username(), _list(place)
    role = request.POST.get("role")
    if request.method == "POST" and role in (ADMIN, MEMBER):
        refusal = _refusal(lambda: service.change_role(member, role, by=_actor(request)), name)
        if refusal:
            return leave(request, back, refusal, messages.ERROR)
        sentence = _("%(name)s is an admin now.") if role == ADMIN else _("%(name)s is a member now.")
        return leave(request, back, sentence % {"name": name})
    if member.role == MEMBER:
        question = Question(
            title=_("Make %(name)s an admin?") % {"name": name},
            lines=[_("Admins connect, change and disconnect the webhook, and manage people and tokens.")],
            button=_("Make admin"),
            back=back,
            hidden={"role": ADMIN},
        )
    else:
        question = Question(
            title=_("Make %(name)s a member?") % {"name": name},
            lines=[_("Members see the tile and the log and change nothing."), *_about_oneself(request, member)],
            button=_("Make member"),
            back=back,
            hidden={"role": MEMBER},
        )
    return ask(request, question)


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def remove(request: HttpRequest, place: Place, member_id: int) -> HttpResponse:
    """Asks; sent, removes the person from the workspace. The account stays."""
    member = _member(place, member_id)
    name, back = member.user.get_username(), _list(place)
    if request.method == "POST":
        refusal = _refusal(lambda: service.remove(member, by=_actor(request)), name)
        if refusal:
            return leave(request, back, refusal, messages.ERROR)
        if member.user == request.user:
            back = reverse("pages:home")
        return leave(request, back, _("%(name)s is removed from the workspace.") % {"name": name})
    lines = [_("The person no longer sees this workspace. API tokens go on working: revoke those the person knows.")]
    question = Question(
        title=_("Remove %(name)s?") % {"name": name},
        lines=[*lines, *_about_oneself(request, member)],
        button=_("Remove"),
        back=back,
    )
    return ask(request, question)


def _member(place: Place, member_id: int) -> Membership:
    found = service.members_of(place.workspace).filter(pk=member_id).first()
    if found is None:
        raise Http404
    return found


def _list(place: Place) -> str:
    return reverse("pages:workspace", args=[place.workspace.pk])


def _about_oneself(request: HttpRequest, member: Membership) -> list[str]:
    return [_("This is you: only another admin can take it back.")] if member.user == request.user else []


def _refusal(change: Callable[[], None], name: str) -> str:
    """Why the change was not made; empty if it was. Raises PermissionDenied if who sent it is no admin any more."""
    try:
        change()
    except service.LastAdmin:
        return _("The last admin stays: make somebody else an admin first.")
    except Membership.DoesNotExist:
        return _("%(name)s was removed meanwhile.") % {"name": name}
    except service.NotAnAdmin:
        raise PermissionDenied from None
    return ""


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (for the type checker: the page asked for a member)
    return request.user
