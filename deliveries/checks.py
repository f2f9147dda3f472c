"""What must hold before the product may start, beyond the form of each setting."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from deliveries.courier.lease import LONGEST_COUNTDOWN


@register
def private_targets(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """In production no request may leave for a private address."""
    if settings.HAPP_PRODUCTION and settings.HAPP_ALLOW_PRIVATE_TARGETS:
        return [Error("HAPP_ALLOW_PRIVATE_TARGETS must be 0 in production.", hint="Unset it.", id="happ.E001")]
    return []


@register
def visibility(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Redis gives a message to another worker after its visibility timeout, also one that waits for its countdown."""
    timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout", float("inf"))
    if timeout <= 2 * LONGEST_COUNTDOWN:
        return [Error("The broker's visibility timeout must be far above the longest countdown.", id="happ.E002")]
    return []
