"""The plain design's log."""

from django.db import models


class Attempt(models.Model):
    """One POST of an event."""

    event_id = models.CharField(max_length=40, db_index=True)
    number = models.IntegerField()
    status_code = models.IntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "plain"

    def __str__(self) -> str:
        return f"{self.event_id} attempt {self.number}: {self.error or self.status_code}"
