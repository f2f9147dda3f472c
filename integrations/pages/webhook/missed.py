"""What a gap means to a person: how many events, from when to when, why, and how to fetch them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from deliveries.catalogue import explain
from deliveries.gaps import GapView
from happ_webhooks.history.models import ChatEvent, Workspace
from integrations.templatetags.pages import as_datetime

#: Stands in the ready request where the token goes.
TOKEN_PLACEHOLDER = "YOUR_TOKEN"  # noqa: S105 (it says that something is missing)


@dataclass(frozen=True, kw_only=True)
class Missed:
    """`since` and `until` are when the first and the last missed event were recorded; until is None while more come.

    `first` and `last` are their sequences, and `last` is None just so.
    """

    reason: str
    reason_title: str
    count: int
    first: int
    last: int | None
    since: datetime
    until: datetime | None
    #: The last event that was recorded within it; empty if the history no longer holds it.
    last_event_id: str
    #: For a shell: fetches the events, up to 500 of them; `next_after` of the answer leads on.
    request: str

    @property
    def request_id(self) -> str:
        """Of the element that holds the request; gaps of different reasons may begin at one sequence."""
        return f"request-{self.reason}-{self.first}"

    @property
    def same_day(self) -> bool:
        return self.until is not None and as_datetime(self.until).date() == as_datetime(self.since).date()

    @property
    def how(self) -> str:
        """What to know about the request: its pages, and that chats which went on lie in its range as well."""
        return _(
            "An answer holds at most 500 events: while has_more is true, ask again with after=next_after. "
            "Events that were delivered may lie in between: skip the ids you already have."
        )


def missed_in(gaps: Sequence[GapView], workspace: Workspace, site: str) -> list[Missed]:
    """Gaps of a workspace, on a site such as https://app.happ.example/. One statement if there are any."""
    ends = {sequence for gap in gaps for sequence in _ends(gap, workspace)}
    events = ChatEvent.objects.filter(workspace=workspace, sequence__in=ends).only("id", "sequence", "recorded_at")
    found = {event.sequence: event for event in events} if ends else {}
    return [_missed(gap, workspace, found, site) for gap in gaps]


def _ends(gap: GapView, workspace: Workspace) -> Iterator[int]:
    yield gap.first_sequence
    yield gap.last_sequence or workspace.last_sequence


def _missed(gap: GapView, workspace: Workspace, events: dict[int, ChatEvent], site: str) -> Missed:
    first, last = (events.get(sequence) for sequence in _ends(gap, workspace))
    until = last.recorded_at if last else gap.closed_at
    return Missed(
        reason=gap.reason,
        reason_title=explain(gap.reason).title,
        count=gap.count,
        first=gap.first_sequence,
        last=gap.last_sequence,
        since=first.recorded_at if first else gap.opened_at,
        until=until if gap.last_sequence else None,
        last_event_id=last.pk if last else "",
        request=backfill_request(workspace.pk, gap.first_sequence, gap.last_sequence, site),
    )


def backfill_request(workspace_id: str, first: int, last: int | None, site: str) -> str:
    """For a shell: fetches the events from `first` to `last`, or all that came since if that is None."""
    query = f"after={first - 1}" + (f"&until={last}" if last else "")
    address = f"{site}api/v1/workspaces/{workspace_id}/events?{query}"
    return f'curl "{address}" \\\n  -H "Authorization: Bearer {TOKEN_PLACEHOLDER}"'
