"""What support is asked for before something is done: always a reason, which the history keeps."""

from typing import Any

from django import forms

from happ_webhooks.history.problems import TITLES, Problem
from happ_webhooks.wire.request import LONGEST_HEADER, LONGEST_PASSWORD

FIELDS = {"/url": "url", "/password": "password", "/auth": "scheme"}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300, help_text="Goes into the history, with your name. Never put a secret here."
    )

    def explain(self, problem: Problem) -> None:
        """Shows what a service refused, at the fields it names."""
        for error in problem.errors:
            field = FIELDS.get(error.pointer)
            self.add_error(field if field in self.fields else None, error.detail)
        if not problem.errors:
            self.add_error(None, f"{TITLES[problem.problem_code]}: {problem.text}")


class SeenForm(ReasonForm):
    """`seen` tells what held when the form was made: nothing else is replaced or ended."""

    seen = forms.CharField(max_length=40, widget=forms.HiddenInput)


class ConnectForm(SeenForm):
    url = forms.CharField(
        label="URL to receive events", widget=forms.URLInput(attrs={"size": 80, "autocomplete": "off"})
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_PASSWORD,
        # Without render_value it is never written back into the page.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave empty if the service is open.",
    )
    scheme = forms.ChoiceField(
        label="How to send the password",
        choices=[
            ("bearer", "Authorization: Bearer"),
            ("basic", "Basic, user name happ"),
            ("header", "a header of its own"),
        ],
    )
    header = forms.CharField(required=False, max_length=LONGEST_HEADER, help_text="Such as x-make-apikey.")
    field_order = ("url", "password", "scheme", "header", "reason", "seen")

    def settings(self) -> dict[str, Any]:
        """The arguments of `connect`."""
        entered = self.cleaned_data
        auth = {"scheme": entered["scheme"]}
        if entered["scheme"] == "header":
            auth["header"] = entered["header"]
        return {"url": entered["url"], "password": entered["password"] or None, "auth": auth}
