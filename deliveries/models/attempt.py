from typing import ClassVar

from django.db import models

from deliveries.models.connection import Connection
from deliveries.models.delivery import Delivery


class DeliveryAttempt(models.Model):
    """One POST of a delivery. Append-only, partitioned by day; never an answer's body, `detail` in our own words."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.DO_NOTHING, db_column="event_id", db_constraint=False, related_name="attempt_set"
    )
    connection = models.ForeignKey(Connection, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    number = models.IntegerField()
    started_at = models.DateTimeField()
    response_ms = models.IntegerField()
    dns_ms = models.IntegerField(null=True)
    connect_ms = models.IntegerField(null=True)
    tls_ms = models.IntegerField(null=True)
    first_byte_ms = models.IntegerField(null=True)
    status_code = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["connection", "started_at"], name="attempt_connection")]

    def __str__(self) -> str:
        return f"{self.delivery_id} attempt {self.number}: {self.error or self.status_code}"
