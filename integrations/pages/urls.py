"""The pages that people see: below /integrations/."""

from django.urls import include, path

from integrations.pages.home import home

app_name = "pages"
urlpatterns = [
    path("", home, name="home"),
    path("<str:workspace_id>/", include("integrations.pages.webhook.urls")),
    path("<str:workspace_id>/", include("integrations.pages.log.urls")),
    path("<str:workspace_id>/", include("integrations.pages.account.urls")),
]
