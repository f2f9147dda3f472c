"""Django's own checks, and ours among them."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks

from config.doctor.asked import Asked
from config.findings import Finding, State


def examine(asked: Asked) -> Iterator[Finding]:
    """Those of a deployment only where it is one: what HAPP_PRODUCTION brings need not be said one by one."""
    messages = run_checks(include_deployment_checks=settings.HAPP_PRODUCTION)
    told = [message for message in messages if message.level >= WARNING and not message.is_silenced()]
    for message in told:
        state: State = "error" if message.level >= ERROR else "warning"
        yield Finding(f"Check {message.id}", state, message.msg, message.hint or "See: python manage.py check --deploy")
    if not told:
        yield Finding("Checks", "ok", "Django's checks have nothing to say.")
