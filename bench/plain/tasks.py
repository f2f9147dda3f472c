"""The plain design's one task."""

import base64
import hmac
import time

import requests
from celery import Task, shared_task

from bench.plain.models import Attempt

LADDER = (5, 30, 120, 600, 1800, 3600, 7200)


@shared_task(name="plain.deliver", bind=True, max_retries=len(LADDER))
def deliver(
    self: "Task[[str, str, str, str, str], None]", url: str, secret: str, password: str, event_id: str, body: str
) -> None:
    """POSTs one event, writes down what came of it, and tries again later."""
    status, error = None, ""
    try:
        answer = requests.post(url, body.encode(), headers=headers(secret, password, event_id, body), timeout=5)
        status = answer.status_code
        error = "" if answer.ok else f"HTTP {status}"
    except requests.RequestException as problem:
        error = type(problem).__name__
    Attempt(event_id=event_id, number=self.request.retries + 1, status_code=status, error=error).save()
    if error:
        raise self.retry(countdown=LADDER[min(self.request.retries, len(LADDER) - 1)])


def headers(secret: str, password: str, event_id: str, body: str) -> dict[str, str]:
    now = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{event_id}.{now}.{body}".encode(), "sha256")
    return {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
        "authorization": f"Bearer {password}",
    }
