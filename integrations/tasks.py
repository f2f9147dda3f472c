"""What time undoes: sign-ins that ended, and wrong passwords that no longer lock anybody out."""

from importlib import import_module

from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.utils import timezone


@shared_task(name="integrations.forget_sign_ins")
def forget_sign_ins() -> int:
    """Once a day; returns how many records of wrong passwords were removed."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    old = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME)
    return int(old.delete()[0])
