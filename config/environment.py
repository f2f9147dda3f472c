"""Strict readers of the environment: a missing or malformed setting stops the start with one line that names it."""

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from cryptography.fernet import Fernet
from environ import Env  # type: ignore[import-untyped]

from happ_webhooks.wire.ladder import Ladder

T = TypeVar("T")


def stop(name: str, problem: str) -> NoReturn:
    sys.exit(f"{name} {problem}")


def given(name: str) -> str | None:
    """What the environment holds under this name; an empty value is none."""
    return os.environ.get(name) or None


def text(name: str, default: str | None = None) -> str:
    value = given(name) or default
    if value is None:
        stop(name, "is not set.")
    return value


def secret(name: str) -> str:
    """The value of a variable, or of the file that NAME_FILE names, as systemd credentials and Docker secrets are.

    Blanks and line breaks around it are not part of it. Nothing of the file's content is in an error.
    """
    in_file = f"{name}_FILE"
    path = given(in_file)
    if path is None:
        return text(name)
    if given(name):
        stop(name, f"and {in_file} are both set: keep one of them.")
    try:
        value = Path(path).read_text().strip()
    except OSError as problem:
        stop(in_file, f"names a file that cannot be read: {problem.strerror}.")
    except UnicodeDecodeError:
        stop(in_file, "names a file that is no text.")
    return value or stop(in_file, "names an empty file.")


def read(name: str, default: str, convert: Callable[[str], T], expected: str) -> T:
    try:
        return convert(text(name, default))
    except ValueError:
        stop(name, f"must be {expected}.")


def switch(name: str, *, default: bool = False) -> bool:
    value = given(name) or ("1" if default else "0")
    if value not in {"0", "1"}:
        stop(name, "must be 0 or 1.")
    return value == "1"


def choice(name: str, default: str, of: Sequence[str]) -> str:
    value = text(name, default)
    return value if value in of else stop(name, f"must be one of {', '.join(of)}.")


def positive(name: str, default: str) -> int:
    value = read(name, default, int, "a whole number above 0")
    if value < 1:
        stop(name, "must be a whole number above 0.")
    return value


def at_least(least: int, name: str, default: str) -> int:
    value = read(name, default, int, f"a whole number from {least}")
    if value < least:
        stop(name, f"must be a whole number from {least}.")
    return value


def positive_or_none(name: str) -> int | None:
    return positive(name, "") if given(name) else None


def optional(name: str) -> str | None:
    return given(name)


def file(name: str) -> str | None:
    """A file's path; None if none is named. Found out at the start, since each POST would fail for it later."""
    value = given(name)
    if value and not (Path(value).is_file() and os.access(value, os.R_OK)):
        stop(name, "must be a file that this user may read.")
    return value


def folder(name: str) -> str | None:
    """A folder that is made if missing, for this user alone; None if none is named."""
    value = os.environ.get(name)
    try:
        if value:
            Path(value).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        stop(name, "must be a folder, or a place where one can be made.")
    if value and not os.access(value, os.R_OK | os.W_OK | os.X_OK):
        stop(name, "must be a folder that this user may write to.")
    return value or None


def seconds(name: str, default: str) -> float:
    value = read(name, default, float, "a number of seconds between 0.1 and 60")
    if not 0.1 <= value <= 60:
        stop(name, "must be a number of seconds between 0.1 and 60.")
    return value


def ladder(name: str, default: str) -> Ladder:
    try:
        return Ladder.parse(text(name, default))
    except ValueError as problem:
        stop(name, f"must be seconds separated by commas, such as {default}: {problem}")


def secrets(name: str) -> list[str]:
    """Several of them, separated by commas, from a variable or a file as `secret`; none need be given."""
    if not given(name) and not given(f"{name}_FILE"):
        return []
    return [each.strip() for each in secret(name).split(",") if each.strip()]


def encryption_keys(name: str) -> list[str]:
    keys = [key.strip() for key in secret(name).split(",") if key.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        stop(name, "must be Fernet keys (32 bytes in URL-safe base64) separated by commas, the newest first.")
    return keys


def database(name: str) -> dict[str, object]:
    url = secret(name)
    if not re.match(r"postgres(ql)?://", url):
        stop(name, "must start with postgres://: PostgreSQL is the one database.")
    try:
        return dict(Env.db_url_config(url))
    except ValueError:
        stop(name, "must be a URL such as postgres://user:password@host:5432/name.")


def broker(name: str) -> str:
    url = secret(name)
    if not re.match(r"(rediss?|redis\+socket|amqps?)://", url):
        stop(name, "must start with redis://, rediss:// or amqp://.")
    return url
