"""One broker, many test workers: each takes a database of it for itself."""

import os
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings

DATABASES = 16


def take_own_database() -> None:
    """So that no wake reaches the processes of another test worker, which has another PostgreSQL database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker or not settings.CELERY_BROKER_URL.startswith("redis"):
        return
    number = 1 + int(worker.removeprefix("gw")) % (DATABASES - 1)
    url = urlsplit(settings.CELERY_BROKER_URL)._replace(path=f"/{number}").geturl()
    os.environ["REDIS_URL"] = settings.CELERY_BROKER_URL = url
    current_app.conf["broker_url"] = url
