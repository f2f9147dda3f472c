"""Figures that are read once for all who look within some seconds, in the memory of a process."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

T = TypeVar("T")


def kept(name: str, read: Callable[[], T], seconds: int) -> T:
    """What `read` gave at most `seconds` ago under this name; what is None is read each time."""
    found: T | None = cache.get_or_set(f"kept_{name}", read, seconds)
    return read() if found is None else found
