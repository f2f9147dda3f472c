"""API tokens: issued, shown once, revoked; never changed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from happ_webhooks.history.models import ApiToken
from integrations.admin.bases import ModelAdmin

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
class ApiTokenAdmin(ModelAdmin[ApiToken]):
    form = TokenForm
    list_display = ("name", "workspace", "scopes", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("workspace",)
    search_fields = ("name", "workspace__id", "workspace__name")
    ordering = ("-created_at",)
    autocomplete_fields = ("workspace",)
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

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        issued, token = ApiToken.issue(name=obj.name, scopes=obj.scopes, workspace=obj.workspace)
        obj.pk = issued.pk
        messages.warning(request, f"Copy the token now, it cannot be shown again: {token}")

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: "QuerySet[ApiToken]") -> None:
        for token in queryset.filter(revoked_at=None):
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            self.log_change(request, token, "Revoked.")
        messages.success(request, "The selected tokens are revoked, from the next request on.")
