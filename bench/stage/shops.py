"""Workspaces that are connected to endpoints of the receiver."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection as database

from deliveries.connections import Settings, SigningSecrets, open_connection
from deliveries.sealing import seal
from happ_webhooks.history.models import ApiToken, Workspace
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.signature import new_signing_secret

PASSWORD = "a-password-of-the-usual-length"  # noqa: S105 (nobody's)
FORGET = """
TRUNCATE history_workspace, history_chatevent, deliveries_connection, deliveries_delivery, deliveries_deliveryattempt,
         deliveries_gap, deliveries_tally CASCADE
"""


@dataclass(frozen=True)
class Shop:
    """One workspace and its connection. `secret` is opened."""

    workspace_id: str
    connection_id: int
    url: str
    secret: str


def open_shops(urls: Sequence[str]) -> list[Shop]:
    """A new workspace for each URL, connected; everything there was before is gone."""
    with database.cursor() as cursor:
        cursor.execute(FORGET)
    return [_open(number, url) for number, url in enumerate(urls)]


def _open(number: int, url: str) -> Shop:
    workspace = Workspace.objects.create(name=f"Shop {number}")
    secret = new_signing_secret()
    chosen = Settings(url=url, password=seal(PASSWORD), auth={"scheme": "bearer"})
    pinged = Outcome(status_code=200, response_ms=5)
    connection = open_connection(workspace.pk, chosen, SigningSecrets(current=seal(secret)), pinged)
    return Shop(workspace.pk, connection.pk, url, secret)


def new_token() -> str:
    """A token that may do everything in every workspace."""
    return ApiToken.issue(name="bench", scopes=["ingest", "manage", "backfill"])[1]
