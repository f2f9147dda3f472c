"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView

from config.api_docs import api_docs
from config.health import livez, readyz
from config.metrics import metrics
from config.status.views import status
from integrations.pages.account.sign_in import PasswordView, SignInView
from integrations.pages.docs.views import docs_file, docs_home, docs_page
from integrations.pages.theme import choose_theme

WORKSPACE = "api/v1/workspaces/<str:workspace_id>/"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="pages:home")),
    path("integrations/", include("integrations.pages.urls")),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", PasswordView.as_view(), name="password"),
    path("language/", set_language, name="set_language"),
    path("theme/", choose_theme, name="theme"),
    path("docs/", docs_home, name="docs-home"),
    path("docs/<str:name>/", docs_page, name="docs-page"),
    path("docs/files/<path:path>", docs_file, name="docs-file"),
    path(WORKSPACE, include("integrations.urls")),
    path(WORKSPACE, include("deliveries.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", api_docs, name="docs"),
    path("admin/", admin.site.urls),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("status", status),
]
handler400 = "integrations.pages.errors.bad_request"
handler403 = "integrations.pages.errors.forbidden"
handler404 = "integrations.pages.errors.not_found"
handler500 = "integrations.pages.errors.server_error"
