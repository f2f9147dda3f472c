"""A Celery task that does nothing but say so: what a message through the same broker and pool costs at least.

`celery -A bench.noop worker -Q noop`; the answer to noop(n) is n, pushed to the list ANSWERS.
"""

import os

from celery import Celery
from celery.signals import setup_logging
from redis import Redis

QUEUE, ANSWERS = "noop", "noop-answers"

app = Celery("noop", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True, task_default_queue=QUEUE, worker_prefetch_multiplier=1, worker_enable_remote_control=False
)
broker = Redis.from_url(os.environ["REDIS_URL"])


@app.task(name="noop")
def noop(number: int) -> None:
    broker.rpush(ANSWERS, number)


@setup_logging.connect
def stay_silent(**_: object) -> None:
    """As the plain design's worker."""
