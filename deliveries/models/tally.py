from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from happ_webhooks.history.models import Workspace


class Tally(models.Model):
    """What happened in a workspace in an hour that is over, by code: figures for charts, so that none counts millions.

    Tries have `code` empty where they were accepted, else the error's; events given up (`dropped`) the reason's.
    `counts` says how often each of `times` was measured: answer times in ms, rounded by at most 5 %.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    start = models.DateTimeField()
    dropped = models.BooleanField()
    code = models.CharField(max_length=30, blank=True)
    count = models.IntegerField()
    times = ArrayField(models.IntegerField(), default=list)
    counts = ArrayField(models.IntegerField(), default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "tallies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "start", "dropped", "code"], name="one_tally_of_a_kind"),
        ]
        indexes: ClassVar = [models.Index(fields=["start"], name="tally_start")]

    def __str__(self) -> str:
        return f"{self.workspace_id} {self.start:%d.%m. %H} {self.code or 'accepted'}: {self.count}"
