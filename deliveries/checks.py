"""What must hold before the product may start, beyond the form of each setting."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from deliveries import sessions
from deliveries.courier.lease import lease_seconds


@register
def private_targets(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """In production no request may leave for a private address."""
    if settings.HAPP_PRODUCTION and settings.HAPP_ALLOW_PRIVATE_TARGETS:
        return [Error("HAPP_ALLOW_PRIVATE_TARGETS must be 0 in production.", hint="Unset it.", id="happ.E001")]
    return []


@register(Tags.database)
def silent_sessions(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: object
) -> list[CheckMessage]:
    """A process that is frozen in a transaction must not keep its locks. A pooler does not hand on what we ask for."""
    limits = [sessions.silent_seconds(name) for name in databases or ()]
    if any(limit is None or limit > lease_seconds() for limit in limits):
        hint = f"ALTER ROLE ... SET idle_in_transaction_session_timeout = '{lease_seconds():g}s': docs/ops/growth.md."
        return [Error("Sessions that are silent in a transaction are not ended.", hint=hint, id="happ.E003")]
    return []
