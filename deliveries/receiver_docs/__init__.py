"""The generated part of docs/receivers: what the code says, so that the docs cannot say anything else."""

from pathlib import Path
from typing import Final

from django.conf import settings

from deliveries.receiver_docs import errors, events, vectors
from deliveries.receiver_docs.request import with_request

QUICK_STARTS: Final = ("README.md", "README.uk.md")


def folder() -> Path:
    """Where the docs for receivers stand."""
    return Path(settings.BASE_DIR) / "docs" / "receivers"


def pages() -> dict[str, str]:
    """Every file by its name that is generated, or has a part that is."""
    quick_starts = {name: with_request((folder() / name).read_text()) for name in QUICK_STARTS}
    return quick_starts | {
        "errors.md": errors.page("en"),
        "errors.uk.md": errors.page("uk"),
        "events.md": events.page(),
        "events.schema.json": events.schema(),
        "vectors.json": vectors.document(),
    }
