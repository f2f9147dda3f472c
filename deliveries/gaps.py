"""What was not delivered: opened by a drop, a stop or a disconnect, closed by the next connect."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import F, Min
from django.db.models.functions import Greatest

from deliveries.models import COUNTED, CloseReason, Connection, Delivery, Gap, Status
from happ_webhooks.history.models import Workspace

SHOWN_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class GapView:
    """A gap as people and the API see it, with what is not settled yet counted in."""

    reason: str
    first_sequence: int
    last_sequence: int | None
    count: int
    opened_at: datetime
    closed_at: datetime | None


def record_drop(connection: Connection, sequence: int, tried_at: datetime) -> None:
    """One event of a connection that goes on was given up, at a try that began at `tried_at`."""
    grown = Gap.objects.filter(
        connection=connection, reason=CloseReason.MAX_RETRIES_EXCEEDED, closed_at=None, last_sequence__isnull=False
    ).update(count=F("count") + 1, last_sequence=Greatest("last_sequence", sequence))
    if not grown:
        Gap.objects.create(
            connection=connection,
            reason=CloseReason.MAX_RETRIES_EXCEEDED,
            first_sequence=sequence,
            last_sequence=sequence,
            count=1,
            opened_at=tried_at,
        )


def open_gap(connection: Connection, now: datetime) -> None:
    """The connection was just closed: what it still owed, and all that is recorded from here on, is missed."""
    pending = Delivery.objects.filter(connection=connection, status=Status.PENDING)
    first = pending.aggregate(first=Min("sequence"))["first"] or (connection.closed_sequence or 0) + 1
    Gap.objects.create(connection=connection, reason=connection.close_reason, first_sequence=first, opened_at=now)


def close_gaps(workspace: Workspace, now: datetime) -> None:
    """A new connection opens; `workspace` is locked. What its gaps reach over ends here, empty ones go."""
    gaps = Gap.objects.filter(connection__workspace=workspace, closed_at=None).select_related("connection")
    # Locked: the sweeper may be counting into them.
    for gap in gaps.select_for_update(of=("self",)):
        if gap.last_sequence is None:
            gap.count += _recorded_since_closed(gap.connection, workspace.last_sequence)
            gap.last_sequence = workspace.last_sequence
        gap.closed_at = now
        if gap.count or _unsettled(gap):
            gap.save()
        else:
            gap.delete()


def gaps_of(workspace: Workspace, now: datetime, *, limit: int = 1000) -> list[GapView]:
    """The gaps of the last 30 days, newest first."""
    since = now - timedelta(days=SHOWN_DAYS)
    found = Gap.objects.filter(connection__workspace=workspace, opened_at__gte=since).select_related("connection")
    views = (_view(gap, workspace.last_sequence) for gap in found.order_by("-opened_at", "-id").iterator())
    return list(islice((view for view in views if view.count), limit))


def _view(gap: Gap, last_sequence: int) -> GapView:
    count = gap.count + _unsettled(gap)
    if gap.closed_at is None and gap.last_sequence is None:
        count += _recorded_since_closed(gap.connection, last_sequence)
    return GapView(
        reason=gap.reason,
        first_sequence=gap.first_sequence,
        last_sequence=gap.last_sequence,
        count=count,
        opened_at=gap.opened_at,
        closed_at=gap.closed_at,
    )


def _recorded_since_closed(connection: Connection, last_sequence: int) -> int:
    """How many events nobody was connected for; a connection may well have closed before the first."""
    return 0 if connection.closed_sequence is None else last_sequence - connection.closed_sequence


def _unsettled(gap: Gap) -> int:
    """How many deliveries of a closed connection wait to be settled, up to 10,000."""
    if gap.opened_at != gap.connection.closed_at or gap.connection.settled_at is not None:
        return 0
    pending = Delivery.objects.filter(
        connection=gap.connection, status=Status.PENDING, sequence__gte=gap.first_sequence
    )
    return pending.order_by()[:COUNTED].count()
