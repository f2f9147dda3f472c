"""Are the static files that were collected, for a proxy to serve, those of this release?"""

import filecmp
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from config.doctor.asked import Asked
from config.findings import Finding, plural


def examine(asked: Asked) -> Iterator[Finding]:
    if not Path(settings.STATIC_ROOT).is_dir():
        yield Finding("Static files", "ok", "None are collected: web serves them from the packages.")
        return
    stale = sum(_is_stale(path, source) for path, source in _sources())
    if stale:
        yield Finding(
            "Static files",
            "warning",
            f"{plural(stale, 'collected file')} of another release, or missing.",
            "Run: python manage.py collectstatic --noinput",
        )
    else:
        yield Finding("Static files", "ok", "Those collected are those of this release.")


def _sources() -> Iterator[tuple[str, Path]]:
    """Where each file is to lie, and where it comes from; of two of a name the first counts, as it is collected."""
    seen = set()
    for finder in get_finders():
        for path, storage in finder.list([]):
            if path not in seen:
                seen.add(path)
                yield path, Path(storage.path(path))


def _is_stale(path: str, source: Path) -> bool:
    collected = Path(settings.STATIC_ROOT) / path
    return not collected.is_file() or not filecmp.cmp(collected, source, shallow=False)
