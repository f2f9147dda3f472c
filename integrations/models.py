from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.db.models.signals import post_save
from django.dispatch import receiver

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


@receiver(post_save, sender=Workspace)
def make_integration(instance: Workspace, created: bool, **kwargs: Any) -> None:
    """Every workspace has its integration from the start, so that support sees it also before it is asked for."""
    if created:
        Integration.objects.get_or_create(workspace=instance)


class Act(models.Model):
    """What somebody did to an integration, kept for support: see integrations.acts. Never changed."""

    LONGEST_DETAIL = 300

    class Kind(models.TextChoices):
        CONNECTED = "connected", "Connected"
        EDITED = "edited", "Settings changed"
        DISCONNECTED = "disconnected", "Disconnected"
        ROTATED = "rotated", "Signing secret rotated"
        PINGED = "pinged", "Test ping sent by support"
        REFUSED = "refused", "Refused to support"

    class Door(models.TextChoices):
        PAGES = "pages", "member"
        TOKEN = "token", "API token"
        SUPPORT = "support", "support"
        SYSTEM = "system", "HAPP"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=20, choices=Kind.choices)
    connection = models.IntegerField(null=True)
    detail = models.CharField(max_length=LONGEST_DETAIL, blank=True)
    door = models.CharField(max_length=10, choices=Door.choices)
    actor = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["workspace", "-at"], name="act_workspace")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.door} {self.actor}"
