"""The Retry-After header: seconds or a date, written by a stranger."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import Final

#: A day: whoever asks for more gets no more.
MOST_SECONDS: Final = 86400.0
_SECONDS: Final = re.compile(r"[0-9]+", re.ASCII)
_LONGEST_NUMBER: Final = 9


def parse_retry_after(value: str | None) -> float | None:
    """Seconds from now, 0 to 86400 (RFC 9110, 10.2.3); None for nothing, garbage and the past.

    Two headers arrive joined as "1, 7200": the longer wait is the safer reading.
    """
    if not value:
        return None
    parts = [part.strip() for part in value.split(",")]
    if all(_SECONDS.fullmatch(part) for part in parts):
        return max(_clamped(part) for part in parts)
    return _until(value)


def _clamped(digits: str) -> float:
    # int() refuses more than 4300 digits; a header line may have 65536.
    return MOST_SECONDS if len(digits.lstrip("0")) > _LONGEST_NUMBER else min(float(digits), MOST_SECONDS)


def _until(date: str) -> float | None:
    try:
        seconds = parsedate_to_datetime(date).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return min(seconds, MOST_SECONDS) if seconds >= 0 else None
