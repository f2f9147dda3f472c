"""Times as the API takes them: RFC 3339, always with a zone."""

import re
from datetime import datetime

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment_of(text: str) -> datetime:
    """The time of a text such as 2026-05-25T11:30:00.412Z. Raises ValueError.

    Stricter than `fromisoformat`, which also takes week dates and times without a zone, so that it is the same set
    of texts in every version of Python and in the schema.
    """
    text = text.upper()
    if not RFC_3339.fullmatch(text):
        raise ValueError("not RFC 3339")
    return datetime.fromisoformat(text)
