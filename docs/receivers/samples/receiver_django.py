"""A Django view for HAPP events: put it into your urls as `path("happ", happ_webhook)`.

Needs `pip install standardwebhooks`. Settings: HAPP_SIGNING_SECRET, and HAPP_PASSWORD if you entered one in HAPP.
"""

import json

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

DAY_SECONDS = 86_400


@csrf_exempt  # The signature says who sends it; there is no form and no cookie.
@require_POST
def happ_webhook(request: HttpRequest) -> HttpResponse:
    password = getattr(settings, "HAPP_PASSWORD", None)
    given = request.headers.get("authorization", "")
    if password and not constant_time_compare(given, f"Bearer {password}"):
        return HttpResponse(status=401)
    try:
        Webhook(settings.HAPP_SIGNING_SECRET).verify(request.body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return HttpResponse(status=403)
    event = json.loads(request.body)
    # An event may come twice, with the same id. A unique column in your own table is better than a cache.
    if cache.add(f"happ:{event['id']}", True, timeout=DAY_SECONDS):
        handle(event)
    return HttpResponse(status=204)


def handle(event: dict) -> None:
    """Write it down and return; let a task queue do the rest, since HAPP waits five seconds at most."""
    print(event["id"], event["type"], event.get("channel", "-"), event["sequence"], flush=True)
