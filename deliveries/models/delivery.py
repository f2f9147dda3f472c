from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from deliveries.models.connection import Connection
from happ_webhooks.history.models import ChatEvent, Workspace

#: How far deliveries and attempts are counted: further would cost more than anybody learns from it.
COUNTED = 10_000


class Status(models.TextChoices):
    """Where a delivery stands. A pending one of a closed connection counts as cancelled or dropped at once."""

    PENDING = "pending", "Waiting for its next try"
    DELIVERED = "delivered", "Answered 2xx"
    DROPPED = "dropped", "Given up"
    CANCELLED = "cancelled", "Disconnected before it got through"


class Delivery(models.Model):
    """One event owed to one connection."""

    event = models.OneToOneField(ChatEvent, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    connection = models.ForeignKey(Connection, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    sequence = models.BigIntegerField()
    type = models.CharField(max_length=40)
    channel = models.CharField(max_length=20)
    chat_id = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    reason = models.CharField(max_length=30, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    # `attempts` counts POSTs; `rung` counts the failures that count, and is the event's place on the ladder.
    attempts = models.IntegerField(default=0)
    rung = models.SmallIntegerField(default=0)
    early_spent = models.BooleanField(default=False)
    failing_since = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    last_status_code = models.SmallIntegerField(null=True)
    last_response_ms = models.IntegerField(null=True)
    last_error = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [models.UniqueConstraint(fields=["workspace", "sequence"], name="delivery_sequence")]
        indexes: ClassVar = [
            models.Index(fields=["connection", "sequence"], condition=Q(status="pending"), name="delivery_pending"),
            models.Index(
                fields=["connection", "next_attempt_at"],
                condition=Q(status="pending", attempts__gt=0),
                name="delivery_failing",
            ),
            models.Index(fields=["workspace", "channel", "chat_id", "sequence"], name="delivery_chat"),
            models.Index(fields=["workspace", "channel", "type", "sequence"], name="delivery_type"),
            models.Index(
                fields=["workspace", "last_error", "sequence"], condition=~Q(last_error=""), name="delivery_error"
            ),
            models.Index(
                fields=["workspace", "status", "sequence"],
                condition=Q(status__in=["dropped", "cancelled"]),
                name="delivery_undelivered",
            ),
            BrinIndex(fields=["settled_at"], name="delivery_settled"),
            models.Index(
                fields=["settled_at"],
                include=["status", "workspace"],
                condition=Q(status__in=["dropped", "cancelled"]),
                name="delivery_given_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to connection {self.connection_id}: {self.status}"
