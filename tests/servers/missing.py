"""A program of Debian's that is not on this machine."""

import shutil


class MissingError(Exception):
    """The text says what to install."""


def program(path: str, package: str) -> str:
    """Its whole path. Raises MissingError."""
    found = shutil.which(path)
    if found is None:
        raise MissingError(
            f"{package} is not on this machine. Install it with: apt-get install --no-install-recommends {package}"
        )
    return found


def reason(path: str, package: str) -> str | None:
    """Why tests with it are skipped here, or None."""
    try:
        program(path, package)
    except MissingError as missing:
        return str(missing)
    return None
