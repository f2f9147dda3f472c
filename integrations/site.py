"""The admin's site. It stands outside of integrations.admin, which registers at it while it is being made."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import translation

LANGUAGE = "en"


class SupportSite(AdminSite):
    """In English throughout, for staff; what a customer is to read is in the customer's language."""

    site_header = site_title = "HAPP Chat Webhook"
    site_url = None
    index_title = "Support"
    index_template = "admin/dashboard.html"

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        # No page is kept by a browser or a proxy, not even those that Django takes for harmless.
        shown = super().admin_view(view)

        def in_english(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            # For the rest of the request: the page is rendered only after the view has answered.
            translation.activate(LANGUAGE)
            request.LANGUAGE_CODE = LANGUAGE
            # Only here: the models are not ready when this module is read. Once for all pages: none can forget to say
            # who acts.
            from happ_webhooks.history.audit import acting
            from integrations.actors import support

            with acting(support(request)):
                response: HttpResponse = shown(request, *args, **kwargs)
            return response

        in_english.csrf_exempt = getattr(shown, "csrf_exempt", False)  # type: ignore[attr-defined]
        return in_english

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from integrations.admin.dashboard import dashboard

        return super().index(request, {**(extra_context or {}), "dashboard": dashboard(request)})
