"""Who may do what in a demo: the workspaces, tokens and logins that the seed made, as kept in the access file."""

from typing import TypedDict


class Login(TypedDict):
    username: str
    password: str


class Access(TypedDict):
    """`users` are owner, assistant (a member), support and neighbour (of the other workspace).

    `hashes` is what the database has of their passwords.
    """

    workspace_id: str
    other_workspace_id: str
    ingest_token: str
    manage_token: str
    backfill_token: str
    users: dict[str, Login]
    hashes: dict[str, str]
