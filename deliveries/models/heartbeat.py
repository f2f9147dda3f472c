from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of the clock, or of one worker process; a row each, by name.

    `queues` are those that the worker serves, separated by commas; empty for the clock.
    """

    name = models.CharField(max_length=200, primary_key=True)
    seen_at = models.DateTimeField()
    queues = models.CharField(max_length=200, blank=True, db_default="")

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%H:%M:%S}"
