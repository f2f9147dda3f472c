"""Checking what the ingest API is given: every error names its field and the fix, and one bad item refuses the batch.

Plain functions rather than serializers: a batch of 500 is checked in a few milliseconds.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from happ_webhooks.history.events import IncomingEvent
from happ_webhooks.history.problems import FieldError, Problem
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES

MOST_EVENTS = 500
LONGEST_ID = 200
FIELDS = ("source_id", "type", "channel", "chat_id", "occurred_at", "data")
PARTS = {
    "message.received": ("message", "sender"),
    "message.sent": ("message", "sender"),
    "order.created": ("order",),
}
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(days=1)


def incoming_events(body: object) -> list[IncomingEvent]:
    """The events of a request's body, single or batch. Raises Problem (validation)."""
    if not isinstance(body, dict):
        raise _refused([FieldError("", "type", _("Send a JSON object."))])
    if "events" not in body:
        return _checked([body], [""])
    events = body["events"]
    if len(body) > 1:
        others = [name for name in body if name != "events"]
        raise _refused([FieldError(f"/{name}", "unknown", _("Only `events` may stand beside it.")) for name in others])
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise _refused([FieldError("/events", "length", _("Send a list of 1 to 500 events."))])
    return _checked(events, [f"/events/{index}" for index in range(len(events))])


def _checked(items: list[object], pointers: list[str]) -> list[IncomingEvent]:
    latest = timezone.now() + CLOCKS_DIFFER
    errors: list[FieldError] = []
    events: list[IncomingEvent] = []
    for item, pointer in zip(items, pointers, strict=True):
        found = list(_errors(item, pointer, latest))
        errors += found
        if not found and isinstance(item, dict):
            events.append(IncomingEvent(**{**item, "occurred_at": parse_datetime(item["occurred_at"])}))
    if errors:
        raise _refused(errors)
    return events


def _refused(errors: list[FieldError]) -> Problem:
    return Problem("validation", _("Nothing was recorded. Correct what is named in `errors`."), errors=errors)


def _errors(item: object, pointer: str, latest: datetime) -> Iterator[FieldError]:
    if not isinstance(item, dict):
        yield FieldError(pointer, "type", _("An event is a JSON object."))
        return
    for name in item:
        if name not in FIELDS:
            yield FieldError(
                f"{pointer}/{name[:100]}", "unknown", _("This field does not exist. Put your own into data.")
            )
    for name in ("source_id", "chat_id"):
        yield from _identifier(item, name, pointer)
    for name, allowed in (("type", EVENT_TYPES), ("channel", CHANNELS)):
        yield from _one_of(item, name, allowed, pointer)
    yield from _moment(item, pointer, latest)
    yield from _data(item, pointer)


def _identifier(item: Mapping[str, object], name: str, pointer: str) -> Iterator[FieldError]:
    value = item.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID:
        yield FieldError(f"{pointer}/{name}", "text", _("Give a text of 1 to 200 characters."))


def _one_of(
    item: Mapping[str, object], name: str, allowed: tuple[str, ...] | frozenset[str], pointer: str
) -> Iterator[FieldError]:
    value = item.get(name)
    if not isinstance(value, str) or value not in allowed:
        yield FieldError(
            f"{pointer}/{name}", "choice", _("Give one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        )


def _moment(item: Mapping[str, object], pointer: str, latest: datetime) -> Iterator[FieldError]:
    value = item.get("occurred_at")
    place = f"{pointer}/occurred_at"
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        yield FieldError(place, "time", _("Give a time with its zone, such as 2026-05-25T11:30:00Z."))
    elif not _is_plausible(moment, latest):
        yield FieldError(place, "range", _("Give a time after the year 2000 and not in the future."))


def _is_plausible(moment: datetime, latest: datetime) -> bool:
    try:
        return EARLIEST <= moment.astimezone(UTC) <= latest
    except OverflowError:
        return False


def _data(item: Mapping[str, object], pointer: str) -> Iterator[FieldError]:
    data = item.get("data")
    if not isinstance(data, dict):
        yield FieldError(f"{pointer}/data", "type", _("Give a JSON object."))
        return
    for part in PARTS.get(str(item.get("type")), ()):
        if not isinstance(data.get(part), dict):
            yield FieldError(
                f"{pointer}/data/{part}", "required", _("Give a JSON object; this type of event needs it.")
            )
