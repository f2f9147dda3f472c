"""The Celery app: wake-ups, the worker pool, short waits and the clock. Its messages carry ids and may all be lost."""

import logging
import os

from celery import Celery
from celery.signals import celeryd_init, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("happ_webhooks", amqp="config.broker:SteadyAMQP")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
@setup_logging.connect
def keep_logging(**_: object) -> None:
    """With a listener here Celery leaves the settings' LOGGING alone; what Python warns of has its form as well."""
    logging.captureWarnings(True)
