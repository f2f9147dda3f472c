"""Packages that are installed only where their setting is given; one that is missing stops the start and says how."""

from importlib import import_module
from types import ModuleType

from config import environment


def module_for(variable: str, name: str, extra: str) -> ModuleType | None:
    """The module of ours that the setting asks for; None if it is not given. `extra` is the lock that it needs."""
    if not environment.given(variable) and not environment.given(f"{variable}_FILE"):
        return None
    try:
        return import_module(name)
    except ModuleNotFoundError:
        install = f"pip install --require-hashes -r requirements/{extra}.txt"
        environment.stop(variable, f"is set, but its packages are not installed: {install}")
