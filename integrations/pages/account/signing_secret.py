"""The signing secret, for admins: hidden until asked for, rotated after a question."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from happ_webhooks.history.problems import Problem
from integrations import signing
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.account.question import Question, ask, leave
from integrations.templatetags.pages import moment


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def signing_secret(request: HttpRequest, place: Place) -> HttpResponse:
    """What the secret is for; the secret itself only in the answer to Show."""
    context: dict[str, object] = {"until": signing.sealed_secrets(place.workspace.pk).previous_expires_at}
    if request.method == "POST":
        context["secret"] = signing.signing_secret(place.workspace.pk).signing_secret
    return render(request, "pages/account/signing_secret.html", context)


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def rotate(request: HttpRequest, place: Place) -> HttpResponse:
    """Asks; sent, makes a new secret, unless somebody did so since the question."""
    back = reverse("pages:signing-secret", args=[place.workspace.pk])
    if request.method == "POST":
        try:
            signing.rotate(place.workspace.pk, seen=request.POST.get("seen", ""))
        except Problem as problem:
            return leave(request, back, problem.text, messages.WARNING)
        return leave(request, back, _("There is a new secret. Press Show and give it to your receiver."))
    # Before what is said: of a rotation in between nothing would be said.
    mark = signing.mark_of(place.workspace.pk)
    secrets = signing.sealed_secrets(place.workspace.pk)
    lines = [_("Both secrets sign for 24 hours: give the new one to your receiver before they are over.")]
    if secrets.previous_expires_at:
        until = moment(secrets.previous_expires_at)
        lines = [
            _("There was a rotation less than 24 hours ago. The secret before it would have signed until:"),
            until,
            _("It ends at once if you rotate again. The present one then signs for another 24 hours."),
        ]
    question = Question(
        title=_("Rotate the signing secret?"),
        lines=lines,
        button=_("Rotate"),
        back=back,
        hidden={"seen": mark},
    )
    return ask(request, question)
