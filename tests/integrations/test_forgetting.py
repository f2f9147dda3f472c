"""Sign-ins that ended leave nothing behind."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone

from integrations.tasks import forget_sign_ins


@pytest.mark.django_db
def test_ended_sessions_and_old_wrong_passwords_are_removed_and_no_others() -> None:
    now = timezone.now()
    Session.objects.create(session_key="ended", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="lasts", session_data="", expire_date=now + timedelta(hours=1))
    for name, age in (("old", timedelta(minutes=16)), ("new", timedelta(minutes=1))):
        made = AccessAttempt.objects.create(username=name, ip_address="192.0.2.1", failures_since_start=5)
        AccessAttempt.objects.filter(pk=made.pk).update(attempt_time=now - age)
    assert forget_sign_ins() == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["lasts"]
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["new"]
