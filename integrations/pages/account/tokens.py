"""The API tokens of a workspace, for its admins: made, shown once, revoked."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from happ_webhooks.history import tokens as service
from happ_webhooks.history.models import ApiToken
from integrations.pages.access import ADMINS, Place, page
from integrations.pages.account.question import Question, ask, leave

SCOPES = {
    ApiToken.Scope.MANAGE: gettext_lazy("Connect, change and disconnect the webhook, read the delivery log"),
    ApiToken.Scope.BACKFILL: gettext_lazy("Read events from the chat history, messages included"),
    ApiToken.Scope.INGEST: gettext_lazy("Record new events"),
}
REVOKED_SHOWN = 20


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What it is for, such as CRM."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(scope.value, words) for scope, words in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def tokens(request: HttpRequest, place: Place) -> HttpResponse:
    """The list and the form. A new token stands in the answer to the form itself and nowhere else, so that no
    address, session or message ever holds it; the same form sent again is refused by the token's name."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    issued = _issued(form, place) if form.is_bound else None
    if issued:
        form = TokenForm()
    found = service.tokens_of(place.workspace)
    context = {
        "form": form,
        "new_token": issued,
        "live": [_row(token) for token in found.filter(revoked_at=None)],
        "revoked": [_row(token) for token in found.exclude(revoked_at=None)[:REVOKED_SHOWN]],
    }
    return render(request, "pages/account/tokens.html", context, status=422 if form.is_bound else 200)


def _issued(form: TokenForm, place: Place) -> str | None:
    """The new token; None, with the reason in the form, if there is none."""
    if not form.is_valid():
        return None
    entered = form.cleaned_data
    try:
        return service.issue(name=entered["name"], scopes=entered["scopes"], workspace=place.workspace)[1]
    except service.NameTaken:
        form.add_error(
            "name",
            _(
                "There is a token with this name already, so none was created. If you did not copy it, revoke it and "
                "create another."
            ),
        )
    except service.TooManyTokens:
        most = {"most": service.MOST_LIVE_TOKENS}
        form.add_error(None, _("A workspace can have %(most)s tokens. Revoke one that is not used any more.") % most)
    return None


def _row(token: ApiToken) -> dict[str, Any]:
    return {"token": token, "scopes": [SCOPES[scope] for scope in SCOPES if scope in token.scopes]}


@require_http_methods(["GET", "POST"])
@page(roles=ADMINS)
def revoke(request: HttpRequest, place: Place, token_id: int) -> HttpResponse:
    """Asks; sent, ends the token. One that is revoked already leads back to the list."""
    found = service.tokens_of(place.workspace).filter(pk=token_id)
    token = found.first()
    if token is None:
        raise Http404
    back = reverse("pages:tokens", args=[place.workspace.pk])
    if request.method == "POST" or token.revoked_at:
        service.revoke(found)
        return leave(request, back, _("The token %(name)s is revoked.") % {"name": token.name})
    question = Question(
        title=_("Revoke the token %(name)s?") % {"name": token.name},
        lines=[_("Programs that use it are refused from the next request on. It cannot be taken back.")],
        button=_("Revoke"),
        back=back,
    )
    return ask(request, question)
