"""The deliveries of a page as they are shown, and whether they look any different than before."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from deliveries.log import Page, next_try_at, page_of
from deliveries.models import Delivery, Status
from integrations.pages.live import etag_of
from integrations.pages.log.asked import Asked

PAGE = 25

#: What people read for a status, the pill's colour and its icon.
LOOKS: dict[str, tuple[Promise, str, str]] = {
    Status.DELIVERED.value: (_("Delivered"), "good", "check"),
    Status.PENDING.value: (pgettext_lazy("status of a delivery", "Waiting"), "warn", "clock"),
    Status.DROPPED.value: (_("Dropped"), "bad", "stopped"),
    Status.CANCELLED.value: (_("Cancelled"), "", "close"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A delivery as people see it. `code` is the last error's, or the status that was answered."""

    event_id: str
    sequence: int
    type: str
    channel: str
    chat_id: str
    recorded_at: datetime
    status: str
    word: str
    look: str
    icon: str
    code: str
    reason: str
    attempts: str
    response_ms: int | None
    next_attempt_at: datetime | None


def row_of(delivery: Delivery) -> Row:
    """A delivery of deliveries.log."""
    stands: str = delivery.stands  # type: ignore[attr-defined]
    word, look, icon = LOOKS[stands]
    return Row(
        event_id=delivery.event_id,
        sequence=delivery.sequence,
        type=delivery.type,
        channel=delivery.channel,
        chat_id=delivery.chat_id,
        recorded_at=delivery.recorded_at,
        status=stands,
        word=str(word),
        look=look,
        icon=icon,
        code=delivery.last_error or str(delivery.last_status_code or ""),
        reason=delivery.because,  # type: ignore[attr-defined]
        attempts=_attempts(delivery.attempts),
        response_ms=delivery.last_response_ms,
        next_attempt_at=next_try_at(delivery, delivery.connection) if stands == Status.PENDING else None,
    )


def _attempts(attempts: int) -> str:
    """3/8; only the number where early tries, which do not count, make it more than the limit."""
    most = settings.HAPP_RETRY_LADDER.tries
    return f"{attempts}/{most}" if attempts <= most else str(attempts)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One page. `older` and `newer` are the queries of the links, None where there is nothing."""

    rows: list[Row]
    older: str | None
    newer: str | None
    looked_to: int | None
    is_live: bool
    etag: str

    @property
    def newest(self) -> int:
        return self.rows[0].sequence if self.rows else 0


def rows_of(workspace_id: str, asked: Asked) -> Rows:
    """The page that is asked for; an empty one while the filters are wrong."""
    page = Page([], None) if asked.wrong else page_of(workspace_id, asked.filters, PAGE)
    rows = [row_of(delivery) for delivery in page.deliveries]
    return Rows(
        rows=rows,
        older=_older(asked, page),
        newer=_newer(asked, page),
        looked_to=page.looked_to,
        is_live=asked.is_live,
        etag=etag_of(rows),
    )


def _older(asked: Asked, page: Page) -> str | None:
    if asked.filters.after is not None:  # Somebody came from there.
        place = page.deliveries[-1].sequence if page.deliveries else asked.filters.after + 1
        return asked.query(before=place)
    return None if page.next is None else asked.query(before=page.next)


def _newer(asked: Asked, page: Page) -> str | None:
    """On the way up the first page, which follows what comes in, takes over once there is nothing beyond."""
    if asked.filters.after is not None:
        return asked.query() if page.next is None else asked.query(after=page.next)
    if asked.filters.before is None:
        return None
    place = page.deliveries[0].sequence if page.deliveries else asked.filters.before - 1
    return asked.query(after=place)
