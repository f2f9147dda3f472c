"""Sign-in of people, and their passwords. Accounts are made by HAPP, in the admin."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods


class SignInForm(AuthenticationForm):
    """The error takes the focus if there is one, else the first field."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        # Django's own label is another word than these pages use.
        self.fields["username"].label = _("User name")
        username = self.fields["username"].widget.attrs
        username.update(autocapitalize="none", autocomplete="username", spellcheck="false")
        username["autofocus"] = not self.is_bound
        self.fields["password"].widget.attrs.update(autocomplete="current-password")


class SignInView(LoginView):
    template_name = "pages/account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class PasswordForm(PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs["autofocus"] = not self.is_bound


@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class PasswordView(PasswordChangeView):
    """Other browsers of this person are signed out by the change, this one is not."""

    template_name = "pages/account/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("pages:home")

    def form_valid(self, form: PasswordForm) -> HttpResponse:  # type: ignore[override]
        messages.success(self.request, _("Your password is changed. Other browsers are signed out."))
        return super().form_valid(form)

    def form_invalid(self, form: PasswordForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=422)
