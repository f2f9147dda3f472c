from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        # Its receivers; the models are not ready when this module is read.
        import integrations.staff  # noqa: F401


class SupportAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site."""

    default = False
    default_site = "integrations.site.SupportSite"
