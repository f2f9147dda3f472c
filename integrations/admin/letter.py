"""What support sends to a customer: the tile's own sentences, in the customer's language and time zone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliveries import connections
from deliveries.catalogue import Explanation, explain
from deliveries.gaps import gaps_of
from happ_webhooks.history.models import Workspace
from integrations.pages.webhook.card import Stopped
from integrations.pages.webhook.missed import Missed, missed_in
from integrations.templatetags.pages import as_datetime, is_today


def for_customer(workspace: Workspace, tile: Any, now: datetime, site: str) -> str:
    """Plain text, a paragraph for each thing there is to say.

    `tile` is the tile's document with its URL masked, `site` this site's address with a slash at its end. The
    catalogue's sentences are taken anew, since the document's are in the language of who looks.
    """
    with translation.override(workspace.language), timezone.override(workspace.zone):
        return "\n\n".join("\n".join(lines) for lines in _paragraphs(tile, workspace, now, site))


def _paragraphs(tile: Any, workspace: Workspace, now: datetime, site: str) -> Iterator[list[str]]:
    yield list(_state(tile))
    if tile["failing"]:
        yield list(_failing(tile["failing"], now))
    connection = connections.latest(workspace.pk) if tile["status"] == "stopped" else None
    if connection is not None:
        yield list(_stopped(tile, Stopped.of(connection)))
        yield list(_steps())
    for missed in missed_in(gaps_of(workspace, now, limit=1), workspace, site):
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
    yield from _failed(explain(failing["code"]))
    yield _next(failing, now)
    if failing["stops_at"]:
        yield _("If nothing gets through, the stream stops about %(time)s.") % {"time": _written(failing["stops_at"])}


def _failed(explained: Explanation) -> Iterator[str]:
    yield _("Last attempt failed: %(title)s.") % {"title": explained.title}
    yield explained.detail


def _next(failing: Any, now: datetime) -> str:
    number, most, moment = failing["attempts"] + 1, failing["max_attempts"], failing["next_attempt_at"]
    said = {"number": number, "most": most}
    if moment is None or as_datetime(moment) <= now:
        if number > most:
            return _("The next try is due now (attempt %(number)s).") % said
        return _("The next try is due now (attempt %(number)s of %(most)s).") % said
    said["time"] = f"{as_datetime(moment):{'%H:%M:%S' if is_today(moment) else '%d.%m.%Y, %H:%M:%S'}}"
    if number > most:
        return _("Next try at %(time)s (attempt %(number)s).") % said
    return _("Next try at %(time)s (attempt %(number)s of %(most)s).") % said


def _stopped(tile: Any, stopped: Stopped) -> Iterator[str]:
    yield f"{stopped.reason.title} ({tile['stop_reason']})"
    yield stopped.reason.detail
    until = _written(tile["stopped_at"])
    if stopped.since:
        text = ngettext(
            "Nothing got through from %(since)s to %(until)s, with up to %(most)s attempt for each event.",
            "Nothing got through from %(since)s to %(until)s, with up to %(most)s attempts for each event.",
            stopped.max_attempts,
        )
        yield text % {"since": _written(stopped.since), "until": until, "most": stopped.max_attempts}
    if stopped.error:
        yield from _failed(stopped.error)
    yield _("The stream stopped at %(time)s. New events are recorded in HAPP and not sent.") % {"time": until}


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
    said["until"] = f"{as_datetime(missed.until):%H:%M}" if missed.same_day else _written(missed.until)
    text = ngettext(
        "%(count)s event between %(since)s and %(until)s did not arrive.",
        "%(count)s events between %(since)s and %(until)s did not arrive.",
        missed.count,
    )
    return text % said


def _written(moment: datetime | str) -> str:
    return f"{as_datetime(moment):%d.%m.%Y, %H:%M}"
