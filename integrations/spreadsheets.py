"""What goes into the cells of a CSV file that people open with a spreadsheet."""

from datetime import datetime
from typing import Final

from happ_webhooks.wire.envelope import utc_milliseconds

#: A cell that begins with one of these is a formula to a spreadsheet.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """The text of a cell: times as the API writes them, nothing for None, and no formula, since clients choose ids."""
    text = utc_milliseconds(value) if isinstance(value, datetime) else "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
