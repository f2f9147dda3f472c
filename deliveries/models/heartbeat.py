from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of the clock, or of one worker process; a row each, by name."""

    name = models.CharField(max_length=200, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%H:%M:%S}"
