"""The plain design's Celery app: `celery -A bench.plain worker`."""

from celery import Celery
from celery.signals import setup_logging

app = Celery("plain")
app.config_from_object("bench.plain.settings", namespace="CELERY")
app.autodiscover_tasks(["bench.plain"])


@setup_logging.connect
def stay_silent(**_: object) -> None:
    """A line for each task would be a cost that the design does not need."""
