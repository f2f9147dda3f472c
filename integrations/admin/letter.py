"""What support sends to a customer: the tile's own sentences, in the customer's language and time zone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliveries.catalogue import explain
from happ_webhooks.history.models import Workspace
from integrations.pages.webhook.missed import Missed, missed_in
from integrations.templatetags.pages import as_datetime


def for_customer(workspace: Workspace, tile: Any, now: datetime, site: str) -> str:
    """Plain text, a paragraph for each thing there is to say.

    `tile` is the tile's document with its URL masked, `site` this site's address with a slash at its end. The
    catalogue's sentences are taken anew, since the document's are in the language of who looks.
    """
    missed = missed_in(tile["gap"], workspace, site) if tile["gap"] else None
    with translation.override(workspace.language), timezone.override(workspace.zone):
        return "\n\n".join("\n".join(lines) for lines in _paragraphs(tile, missed, now))


def _paragraphs(tile: Any, missed: Missed | None, now: datetime) -> Iterator[list[str]]:
    yield list(_state(tile))
    if tile["failing"]:
        yield list(_failing(tile["failing"], now))
    if tile["status"] == "stopped":
        yield [f"{explain(tile['stop_reason']).title} ({tile['stop_reason']})", _stopped(tile)]
        yield list(_steps())
    if missed:
        yield [_missed(missed), _("Fetch them with a back-fill token of this workspace:"), missed.request, missed.how]


def _state(tile: Any) -> Iterator[str]:
    yield {
        "not_connected": _("Chat Webhook: not connected."),
        "connected": _("Chat Webhook: connected."),
        "stopped": _("Chat Webhook: stopped."),
    }[tile["status"]]
    if tile["url"]:
        yield tile["url"]


def _failing(failing: Any, now: datetime) -> Iterator[str]:
    explained = explain(failing["code"])
    yield _("Last attempt failed: %(title)s.") % {"title": explained.title}
    yield explained.detail
    yield _next(failing, now)
    if failing["stops_at"]:
        yield _("If nothing gets through, the stream stops about %(time)s.") % {"time": _written(failing["stops_at"])}


def _next(failing: Any, now: datetime) -> str:
    number, most, moment = failing["attempts"] + 1, failing["max_attempts"], failing["next_attempt_at"]
    said = {"number": number, "most": most}
    if moment is None or as_datetime(moment) <= now:
        if number > most:
            return _("The next try is due now (attempt %(number)s).") % said
        return _("The next try is due now (attempt %(number)s of %(most)s).") % said
    said["time"] = f"{as_datetime(moment):%H:%M:%S}"
    if number > most:
        return _("Next try at %(time)s (attempt %(number)s).") % said
    return _("Next try at %(time)s (attempt %(number)s of %(most)s).") % said


def _stopped(tile: Any) -> str:
    text = _("The stream stopped at %(time)s. New events are recorded in HAPP and not sent.")
    return text % {"time": _written(tile["stopped_at"])}


def _steps() -> Iterator[str]:
    steps = (
        (_("Fix the service first"), _("Check that the URL opens and returns 2xx.")),
        (_("Disconnect and reconnect in HAPP"), _("That resumes the stream. Only new events flow.")),
    )
    for number, (step, what) in enumerate(steps, start=1):
        yield f"{number}. {step}. {what}"
    yield f"3. {_('Back-fill if needed')}."


def _missed(missed: Missed) -> str:
    said = {"count": missed.count, "since": _written(missed.since)}
    if missed.until is None:
        text = ngettext(
            "%(count)s event since %(since)s did not arrive.",
            "%(count)s events since %(since)s did not arrive.",
            missed.count,
        )
        return text % said
    said["until"] = _written(missed.until)
    text = ngettext(
        "%(count)s event between %(since)s and %(until)s did not arrive.",
        "%(count)s events between %(since)s and %(until)s did not arrive.",
        missed.count,
    )
    return text % said


def _written(moment: datetime | str) -> str:
    return f"{as_datetime(moment):%d.%m.%Y, %H:%M}"
