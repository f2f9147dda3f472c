from datetime import datetime
from functools import cached_property
from typing import ClassVar

from django.db import models

from deliveries.connections import latest
from deliveries.models import Connection
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

    class Meta:
        permissions: ClassVar = [
            ("operate", "Send test pings and disconnect"),
            ("configure", "Connect and rotate the signing secret"),
        ]

    def __str__(self) -> str:
        return f"Chat Webhook of {self.workspace_id}"

    @cached_property
    def connection(self) -> Connection | None:
        """The workspace's newest connection; lists set it for all their rows with one statement."""
        return latest(self.pk)
