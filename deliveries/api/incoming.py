"""Checking what the ingest API is given: every error names its field and the fix, and one bad item refuses the batch.

Plain functions rather than serializers: a batch of 500 is checked in a few milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.utils import timezone
from django.utils.translation import gettext as _

from happ_webhooks.history.events import IncomingEvent
from happ_webhooks.history.moments import moment_of
from happ_webhooks.history.problems import FieldError, Problem, json_pointer
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES

MOST_EVENTS = 500
MOST_NAMED_OF_ITEM = 20
LONGEST_ID = 200
FIELDS = ("source_id", "type", "channel", "chat_id", "occurred_at", "data")
PARTS = {
    "message.received": ("message", "sender"),
    "message.sent": ("message", "sender"),
    "order.created": ("order",),
}
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(days=1)

Place = tuple[str | int, ...]


def incoming_events(body: object) -> list[IncomingEvent]:
    """The events of a request's body, single or batch. Raises Problem (validation)."""
    if not isinstance(body, dict):
        raise _refused([FieldError("", "type", _("Send a JSON object."))])
    if "events" not in body:
        return _checked([body], [()])
    others = [name for name in body if name != "events"]
    if others:
        detail = _("Only `events` may stand beside it.")
        raise _refused([FieldError(json_pointer(name), "unknown", detail) for name in others[:MOST_NAMED_OF_ITEM]])
    events = body["events"]
    if not isinstance(events, list) or not 1 <= len(events) <= MOST_EVENTS:
        raise _refused([FieldError("/events", "length", _("Send a list of 1 to 500 events."))])
    return _checked(events, [("events", index) for index in range(len(events))])


def _checked(items: Sequence[object], places: Sequence[Place]) -> list[IncomingEvent]:
    latest = timezone.now() + CLOCKS_DIFFER
    errors: list[FieldError] = []
    events: list[IncomingEvent] = []
    for item, place in zip(items, places, strict=True):
        found = list(islice(_errors(item, place, latest), MOST_NAMED_OF_ITEM))
        errors += found
        if not found and isinstance(item, dict):
            events.append(IncomingEvent(**{**item, "occurred_at": moment_of(item["occurred_at"])}))
    if errors:
        raise _refused(errors)
    return events


def _refused(errors: list[FieldError]) -> Problem:
    return Problem("validation", _("Nothing was recorded. Correct what is named in `errors`."), errors=errors)


def _errors(item: object, place: Place, latest: datetime) -> Iterator[FieldError]:
    if not isinstance(item, dict):
        yield FieldError(json_pointer(*place), "type", _("An event is a JSON object."))
        return
    for name in ("source_id", "chat_id"):
        yield from _identifier(item, name, place)
    for name, allowed in (("type", EVENT_TYPES), ("channel", CHANNELS)):
        yield from _one_of(item, name, allowed, place)
    yield from _moment(item, place, latest)
    yield from _data(item, place)
    for name in item:
        if name not in FIELDS:
            detail = _("This field does not exist. Put your own into data.")
            yield FieldError(json_pointer(*place, name), "unknown", detail)


def _identifier(item: Mapping[str, object], name: str, place: Place) -> Iterator[FieldError]:
    value = item.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID:
        yield FieldError(json_pointer(*place, name), "text", _("Give a text of 1 to 200 characters."))


def _one_of(item: Mapping[str, object], name: str, allowed: tuple[str, ...], place: Place) -> Iterator[FieldError]:
    value = item.get(name)
    if not isinstance(value, str) or value not in allowed:
        detail = _("Give one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        yield FieldError(json_pointer(*place, name), "choice", detail)


def _moment(item: Mapping[str, object], place: Place, latest: datetime) -> Iterator[FieldError]:
    try:
        moment = moment_of(str(item.get("occurred_at")))
    except ValueError:
        detail = _("Give a time with its zone, such as 2026-05-25T11:30:00Z.")
        yield FieldError(json_pointer(*place, "occurred_at"), "time", detail)
        return
    if not EARLIEST <= moment <= latest:
        detail = _("Give a time from the year 2000 on and not in the future.")
        yield FieldError(json_pointer(*place, "occurred_at"), "range", detail)


def _data(item: Mapping[str, object], place: Place) -> Iterator[FieldError]:
    data = item.get("data")
    if not isinstance(data, dict):
        yield FieldError(json_pointer(*place, "data"), "type", _("Give a JSON object."))
        return
    for part in PARTS.get(str(item.get("type")), ()):
        if not isinstance(data.get(part), dict):
            detail = _("Give a JSON object; this type of event needs it.")
            yield FieldError(json_pointer(*place, "data", part), "required", detail)
