from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class IntegrationsConfig(AppConfig):
    name = "integrations"


class SupportAdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site."""

    default = False
    default_site = "integrations.site.SupportSite"
