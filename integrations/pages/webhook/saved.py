"""Whether what a person asks for has been saved already, by the same form a moment ago."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from deliveries.models import Connection
from deliveries.sealing import SealBroken, unseal
from happ_webhooks.wire.target import TargetRefused, check_url
from integrations.pages.webhook.entry import Entry
from integrations.state import status_of

#: So long after it was saved, the same again is a second click and nobody else's change.
A_MOMENT = timedelta(seconds=60)


def saved_already(entry: Entry, connection: Connection | None) -> bool:
    """A double click or a second tab: the connection was saved just now, with exactly this."""
    if connection is None or status_of(connection) != "connected":
        return False
    saved_at = connection.edited_at or connection.opened_at
    return timezone.now() - saved_at < A_MOMENT and _same(entry, connection)


def _same(entry: Entry, connection: Connection) -> bool:
    try:
        url = check_url(entry.url, allow_private=settings.HAPP_ALLOW_PRIVATE_TARGETS).url
        password = unseal(connection.password)
    except (TargetRefused, SealBroken):
        return False
    kept = entry.password or ("" if entry.remove_password else password)
    return (url, entry.auth, kept) == (connection.url, connection.auth, password)
