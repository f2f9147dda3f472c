"""What a gap means to a person: how many events, from when to when, and how to fetch them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from happ_webhooks.history.models import ChatEvent, Workspace
from integrations.templatetags.pages import as_datetime

#: Stands in the ready request where the token goes.
TOKEN_PLACEHOLDER = "YOUR_TOKEN"  # noqa: S105 (it says that something is missing)


@dataclass(frozen=True, kw_only=True)
class Missed:
    """`since` and `until` are when the first and the last missed event were recorded; until is None while more come."""

    reason: str
    count: int
    since: datetime
    until: datetime | None
    #: The last event that was recorded within it; empty if the history no longer holds it.
    last_event_id: str
    #: For a shell: fetches the events, up to 500 of them; `next_after` of the answer leads on.
    request: str

    @property
    def same_day(self) -> bool:
        return self.until is not None and self.until.date() == self.since.date()

    @property
    def how(self) -> str:
        """What to know about the request: its pages, and that chats which went on lie in its range as well."""
        return _(
            "An answer holds at most 500 events: while has_more is true, ask again with after=next_after. "
            "Events that were delivered may lie in between: skip the ids you already have."
        )


def missed_in(gap: Any, workspace: Workspace, site: str) -> Missed:
    """A gap of the tile's document, on a site such as https://app.happ.example/. One statement."""
    first, last = gap["first_sequence"], gap["last_sequence"] or workspace.last_sequence
    ends = ChatEvent.objects.filter(workspace=workspace, sequence__in=(first, last))
    found = {event.sequence: event for event in ends.only("id", "sequence", "recorded_at")}
    since = found[first].recorded_at if first in found else gap["opened_at"]
    until = found[last].recorded_at if last in found else gap["closed_at"]
    return Missed(
        reason=gap["reason"],
        count=gap["count"],
        since=as_datetime(since),
        until=as_datetime(until) if until and gap["last_sequence"] else None,
        last_event_id=found[last].pk if last in found else "",
        request=backfill_request(workspace.pk, first, gap["last_sequence"], site),
    )


def backfill_request(workspace_id: str, first: int, last: int | None, site: str) -> str:
    """For a shell: fetches the events from `first` to `last`, or all that came since if that is None."""
    query = f"after={first - 1}" + (f"&until={last}" if last else "")
    address = f"{site}api/v1/workspaces/{workspace_id}/events?{query}"
    return f'curl "{address}" \\\n  -H "Authorization: Bearer {TOKEN_PLACEHOLDER}"'
