"""What the tile shows: its document, and what people need beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from deliveries import connections
from deliveries.catalogue import Explanation, explain
from deliveries.gaps import gaps_of
from deliveries.models import Connection
from happ_webhooks.wire.envelope import CHANNELS
from integrations.addresses import concealed, masked, readable
from integrations.pages import live
from integrations.pages.access import Place
from integrations.pages.webhook.missed import Missed, missed_in
from integrations.templatetags.pages import as_datetime
from integrations.tile import Document, etag, tile_of

#: So much of a URL's end stays in sight on a phone.
END = 12
MINUTE = 60
#: Gaps that are listed beside the newest; the API has all of 30 days.
EARLIER = 20


@dataclass(frozen=True, kw_only=True)
class Address:
    """A URL to look at, in two parts of which the second is never cut off; `full` only for who may change it."""

    begin: str
    end: str
    title: str
    full: str = ""


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Why the stream stopped. `code` and `error` are those of the last attempt; nothing was accepted since `since`."""

    reason: Explanation
    code: str
    error: Explanation | None
    since: datetime | None
    max_attempts: int

    @classmethod
    def of(cls, connection: Connection) -> "Stopped":
        code = connection.last_error
        return cls(
            reason=explain(connection.close_reason),
            code=code,
            error=explain(code) if code else None,
            since=connection.failing_since,
            max_attempts=settings.HAPP_RETRY_LADDER.tries,
        )


@dataclass(frozen=True, kw_only=True)
class Card:
    """The template's context. `tile` is the API's document; times in it are ISO 8601 texts."""

    ws: str
    is_admin: bool
    tile: Any
    channels: tuple[str, ...] = CHANNELS
    address: Address | None
    missed: Missed | None
    #: The gaps before that one, the newest first, at most EARLIER; `more_gaps` if there are others still.
    earlier: list[Missed]
    more_gaps: bool
    stopped: Stopped | None
    #: Of the next try; at most `failing.max_attempts`, or beyond it without.
    next_attempt: int | None
    next_is_due: bool
    #: What a screen reader says when this changes; counts and times are not in it.
    announcement: str
    etag: str

    @property
    def waits_for_first(self) -> bool:
        return self.tile["status"] == "connected" and not self.tile["last_success_at"] and not self.tile["failing"]

    @property
    def success_ms(self) -> int | None:
        """How long the last delivery took, unless the endpoint was asked something else since."""
        done, asked = self.tile["last_success_at"], self.tile["last_attempt_at"]
        return self.tile["last_response_ms"] if done and asked and asked <= done else None

    @property
    def reference(self) -> str:
        """What support asks for first; nothing of a message."""
        parts = (self.ws, self.tile["stop_reason"], self.missed.last_event_id if self.missed else "")
        return " ".join(part for part in parts if part)


def card_of(place: Place, now: datetime, site: str) -> Card:
    """The tile of a workspace for who looks at it. At most 5 statements."""
    workspace = place.workspace
    connection = connections.latest(workspace.pk)
    gaps = gaps_of(workspace, now, limit=EARLIER + 2)
    document: Any = tile_of(workspace, connection, now, gaps)
    missed = missed_in(gaps[: EARLIER + 1], workspace, site)
    failing = document["failing"]
    next_is_due = bool(failing and failing["next_attempt_at"] and as_datetime(failing["next_attempt_at"]) <= now)
    return Card(
        ws=workspace.pk,
        is_admin=place.is_admin,
        tile=document,
        address=_address(connection, place) if connection and document["url"] else None,
        missed=missed[0] if missed else None,
        earlier=missed[1:],
        more_gaps=len(gaps) > len(missed),
        stopped=Stopped.of(connection) if connection and document["status"] == "stopped" else None,
        next_attempt=failing["attempts"] + 1 if failing else None,
        next_is_due=next_is_due,
        announcement=_announcement(document),
        etag=live.etag_of(etag(document, connection), place.role, _ages(document, now), next_is_due, gaps[1:]),
    )


def _address(connection: Connection, place: Place) -> Address:
    url = masked(connection.url) if place.is_admin else concealed(connection.url)
    shown = readable(url)
    full = connection.url if place.is_admin else ""
    return Address(begin=shown[:-END], end=shown[-END:], title=url, full=full)


def _announcement(document: Any) -> str:
    if document["failing"]:
        return _("Chat Webhook: the last attempt failed. %(title)s.") % {"title": document["failing"]["title"]}
    sentences = {
        "not_connected": _("Chat Webhook: not connected."),
        "connected": _("Chat Webhook: connected."),
        "stopped": _("Chat Webhook: stopped."),
    }
    return sentences[document["status"]]


def _ages(document: Document, now: datetime) -> list[int]:
    """In whole minutes, as far as they are shown; a script counts the seconds of the first."""
    shown: list[Any] = [document["last_success_at"], document["oldest_pending_at"]]
    return [int((now - as_datetime(moment)).total_seconds()) // MINUTE for moment in shown if moment]
