"""The delivery log: what became of each event, newest first. Ids, codes and times; never content."""

from deliveries.log.filters import CURSOR, Filters, cursor_after, sequence_of
from deliveries.log.paging import Page, attempts_of, delivery_of, page_of, rows_of
from deliveries.log.settled import as_settled, next_try_at

__all__ = [
    "CURSOR",
    "Filters",
    "Page",
    "as_settled",
    "attempts_of",
    "cursor_after",
    "delivery_of",
    "next_try_at",
    "page_of",
    "rows_of",
    "sequence_of",
]
