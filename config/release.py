"""Which release this is, as HAPP_RELEASE names it; else the version of this checkout."""

import tomllib
from functools import cache

from django.conf import settings

UNKNOWN = "unknown"


@cache
def _version() -> str:
    try:
        found = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
    except (OSError, ValueError, KeyError):
        return UNKNOWN
    return str(found)


def release() -> str:
    return settings.HAPP_RELEASE or _version()
