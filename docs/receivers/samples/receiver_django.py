"""A Django view for HAPP events, and its table: save it as views.py of an app, and import HappEvent in its models.py.

Needs `pip install standardwebhooks`. Settings: HAPP_SIGNING_SECRET, and HAPP_PASSWORD if you entered one in HAPP. In
your urls: `path("happ", happ_webhook)`.
"""

import json
import re

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

SECRET, PASSWORD = settings.HAPP_SIGNING_SECRET, getattr(settings, "HAPP_PASSWORD", "")
if not re.fullmatch("whsec_([A-Za-z0-9+/]{4}){10,}[A-Za-z0-9+/]{3}=", SECRET):
    raise ImproperlyConfigured("HAPP_SIGNING_SECRET must be the secret as HAPP shows it: whsec_ and 44 characters.")


class HappEvent(models.Model):
    """An event that was taken in. Its key keeps it from being handled twice."""

    id = models.CharField(primary_key=True, max_length=40)
    body = models.JSONField()

    def __str__(self) -> str:
        return self.id


@csrf_exempt  # The signature says who sends it; there is no form and no cookie.
@require_POST
def happ_webhook(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("authorization", "")
    if PASSWORD and not constant_time_compare(given, f"Bearer {PASSWORD}"):
        return HttpResponse(status=401)
    try:
        Webhook(SECRET).verify(request.body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return HttpResponse(status=403)
    event = json.loads(request.body)
    # One transaction: if `handle` fails nothing is kept, HAPP gets a 500, and sends it again.
    with transaction.atomic():
        if is_new(event):
            handle(event)
    return HttpResponse(status=204)


def is_new(event: dict) -> bool:
    try:
        with transaction.atomic():
            HappEvent.objects.create(id=event["id"], body=event)
    except IntegrityError:  # It may come twice.
        return False
    return True


def handle(event: dict) -> None:
    """Be quick, and let a task queue do the rest: HAPP waits five seconds at most."""
    print(event["id"], event["type"], event.get("channel", "-"), event["sequence"], flush=True)
