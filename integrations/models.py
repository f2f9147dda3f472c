from datetime import datetime

from django.db import models

from happ_webhooks.history.models import Workspace


class Integration(models.Model):
    """A workspace's Chat Webhook. Its address, state and dates are its current connection's.

    It keeps the signing secret over reconnects (sealed: deliveries.sealing opens it) and counts the pings that people
    send, so that a workspace cannot use HAPP to probe others.
    """

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True)
    signing_secret = models.TextField(blank=True)
    previous_signing_secret = models.TextField(blank=True)
    previous_expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    ping_until = models.DateTimeField(null=True)
    ping_minute = models.DateTimeField(null=True)
    ping_count = models.SmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"Chat Webhook of {self.workspace_id}"
