"""The generated part of docs/receivers: what the code says, so that the docs cannot say anything else."""

from pathlib import Path

from django.conf import settings

from deliveries.receiver_docs import errors, events, vectors


def folder() -> Path:
    """Where the docs for receivers stand."""
    return Path(settings.BASE_DIR) / "docs" / "receivers"


def pages() -> dict[str, str]:
    """Every generated file by its name."""
    return {
        "errors.md": errors.page("en"),
        "errors.uk.md": errors.page("uk"),
        "events.md": events.page(),
        "events.schema.json": events.schema(),
        "vectors.json": vectors.document(),
    }
