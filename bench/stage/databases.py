"""Databases of their own on the server that DATABASE_URL names, and plain SQL on them."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import psycopg2  # type: ignore[import-untyped]
from psycopg2 import sql

Values = Sequence[Any] | Mapping[str, Any] | None


def make(server_url: str, name: str) -> str:
    """A new empty database, replacing one of that name; returns its URL."""
    with contextlib.closing(psycopg2.connect(server_url)) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return sibling(server_url, name)


def sibling(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def drop(server_url: str, name: str) -> None:
    with contextlib.closing(psycopg2.connect(server_url)) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def ask(url: str, statement: str, values: Values = None) -> list[tuple[Any, ...]]:
    """The rows of one statement, in a session of its own that commits by itself."""
    with contextlib.closing(psycopg2.connect(url)) as session:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []
