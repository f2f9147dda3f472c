"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config.health import livez, metrics, readyz

admin.site.site_header = admin.site.site_title = "HAPP Chat Webhook"
admin.site.site_url = None

WORKSPACE = "api/v1/workspaces/<str:workspace_id>/"

urlpatterns = [
    path(WORKSPACE, include("integrations.urls")),
    path(WORKSPACE, include("deliveries.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="docs"),
    path("admin/", admin.site.urls),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
]
handler400 = "happ_webhooks.history.problems.bad_request"
handler404 = "happ_webhooks.history.problems.not_found"
handler500 = "happ_webhooks.history.problems.server_error"
