from typing import ClassVar

from django.db import models

from deliveries.models.connection import CloseReason, Connection


class Gap(models.Model):
    """What a connection did not deliver: opened by a drop, a stop or a disconnect, closed by the next connect.

    After a stop or a disconnect it reaches over all that is recorded until the next connect, so `last_sequence` is
    empty while it is open. `count` holds what is settled; deliveries.gaps adds what is not settled yet.
    """

    connection = models.ForeignKey(Connection, on_delete=models.DO_NOTHING, db_constraint=False)
    reason = models.CharField(max_length=30, choices=CloseReason.choices)
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField(null=True)
    count = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "reason", "opened_at"], name="one_gap_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} from {self.first_sequence} of connection {self.connection_id}"
