"""API tokens: issued, shown once, revoked; never changed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from happ_webhooks.history import tokens
from happ_webhooks.history.models import ApiToken
from integrations.admin.bases import DiscreetAdmin

if TYPE_CHECKING:
    TokenFormBase = forms.ModelForm[ApiToken]
else:
    TokenFormBase = forms.ModelForm


class TokenForm(TokenFormBase):
    scopes = forms.MultipleChoiceField(choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiToken
        fields = ("name", "workspace", "scopes")


@admin.register(ApiToken)
class ApiTokenAdmin(DiscreetAdmin[ApiToken]):
    form = TokenForm
    list_display = ("name", "workspace", "scopes", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "workspace__id", "workspace__name")
    ordering = ("-created_at",)
    # By its id: the field of a search has no name that screen readers could say.
    raw_id_fields = ("workspace",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        entered = ("name", "workspace", "scopes")
        return (*entered, "created_at", "last_used_at", "revoked_at") if obj else entered

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """What a token may do is fixed: whoever holds it was given just that."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """A revoked one stays, so that its use can still be explained."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("history.change_apitoken")

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        try:
            return super().add_view(request, form_url, extra_context)
        except tokens.NameTaken:
            messages.error(request, "This workspace has a token of this name; none was created.")
        except tokens.TooManyTokens:
            messages.error(request, f"This workspace has {tokens.MOST_LIVE_TOKENS} tokens; none was created.")
        return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        issued, obj.shown_once = tokens.issue(name=obj.name, scopes=obj.scopes, workspace=obj.workspace)  # type: ignore[attr-defined]
        obj.pk = issued.pk

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The token stands in this one answer: a message would put it into a cookie or the session."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Copy the token now",
            "opts": self.opts,
            "token": obj.shown_once,  # type: ignore[attr-defined]
            "original": obj,
        }
        return TemplateResponse(request, "admin/history/apitoken/issued.html", context)

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: "QuerySet[ApiToken]") -> None:
        for token in tokens.revoke(queryset):
            self.log_change(request, token, "Revoked.")
        messages.success(request, "The selected tokens are revoked, from the next request on.")
