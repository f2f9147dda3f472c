from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from happ_webhooks.history.models import Workspace


class CloseReason(models.TextChoices):
    """Why a connection ended."""

    DISCONNECTED = "DISCONNECTED", "A person disconnected it or connected anew"
    MAX_RETRIES_EXCEEDED = "MAX_RETRIES_EXCEEDED", "Nothing got through until the ceiling"
    GONE = "GONE", "The endpoint said it wants no more events"


class Connection(models.Model):
    """From one Connect to its disconnect, stop or replacement.

    One row holds what the courier sends with, how the endpoint does, and the courier's lease, so that each of its
    recordings reads and writes all of it in one place. Nothing that changes with every recording is indexed.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    number = models.IntegerField()

    # What it sends with. Password and secrets are sealed: deliveries.sealing opens them.
    url = models.TextField()
    password = models.TextField(blank=True)
    auth = models.JSONField(default=dict)
    signing_secret = models.TextField()
    previous_signing_secret = models.TextField(blank=True)
    previous_expires_at = models.DateTimeField(null=True)

    opened_at = models.DateTimeField()
    opened_sequence = models.BigIntegerField()
    edited_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_sequence = models.BigIntegerField(null=True)
    close_reason = models.CharField(max_length=30, choices=CloseReason.choices, blank=True)
    disconnected_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    # How the endpoint does.
    last_attempt_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_accepted_at = models.DateTimeField(null=True)
    last_status_code = models.SmallIntegerField(null=True)
    last_response_ms = models.IntegerField(null=True)
    last_error = models.CharField(max_length=20, blank=True)
    failing_since = models.DateTimeField(null=True)
    failures_in_row = models.IntegerField(default=0)
    down_since = models.DateTimeField(null=True)
    ping_rung = models.SmallIntegerField(default=0)
    next_ping_at = models.DateTimeField(null=True)
    heads_due_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    dropped_chats = ArrayField(models.TextField(), default=list)
    window = models.SmallIntegerField(default=1)

    # The courier's lease, and the marks that bring one.
    lease_token = models.CharField(max_length=32, null=True)  # noqa: DJ001 (null is "nobody holds it")
    lease_until = models.DateTimeField(null=True)
    crashes = models.SmallIntegerField(default=0)
    suspect = models.CharField(max_length=40, blank=True)
    wake_at = models.DateTimeField(null=True)
    wake_sent_at = models.DateTimeField(null=True)
    wake_validity = models.SmallIntegerField(default=4)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "number"], name="connection_number"),
            models.UniqueConstraint(fields=["workspace"], condition=Q(closed_at=None), name="one_open_connection"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False, settled_at=None), name="unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id} connection {self.number}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_stopped(self) -> bool:
        return self.close_reason in {CloseReason.MAX_RETRIES_EXCEEDED, CloseReason.GONE} and not self.disconnected_at
