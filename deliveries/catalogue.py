"""What every error code and reason means to a shop owner: cause and action, in the language of the moment.

The sentences are the product page's where it has them. The tile, the log, the API's `title` and `detail`, and the
admin all take them from here, so that support and customer read the same words.
"""

from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deliveries.models import CloseReason
from happ_webhooks.wire import outcome as codes
from happ_webhooks.wire.outcome import HTTP_PREFIX


@dataclass(frozen=True)
class Explanation:
    """What happened, in a few words, and what to do about it, in one or two sentences."""

    title: str
    detail: str


class _Text(NamedTuple):
    title: Promise
    detail: Promise


_HTTP = {
    "HTTP_401": _Text(
        _("Wrong password"),
        _("The password in HAPP doesn't match the one on your service. Open the tile, paste the right password, save."),
    ),
    "HTTP_403": _Text(
        _("Forbidden"),
        _("Your service or its firewall refuses HAPP. Allow our requests or check the password."),
    ),
    "HTTP_404": _Text(
        _("URL not found"),
        _("Wrong path or the service isn't deployed. Check that the URL opens in a browser."),
    ),
    "HTTP_405": _Text(
        _("POST not allowed"),
        _("The address exists but does not accept POST. In n8n set the Webhook node's method to POST."),
    ),
    "HTTP_410": _Text(
        _("Gone"),
        _("Your service says it no longer wants these events. If it still does, check the URL."),
    ),
    "HTTP_429": _Text(
        _("Your service asks us to slow down"),
        _("Your service asked us to slow down; we wait as long as it says, up to an hour."),
    ),
}
_REFUSED_BY_SERVICE = _Text(
    _("Request refused"),
    _("Your service refused the request with status %(status)s. Check the URL and your service logs."),
)
_SERVICE_DOWN = _Text(
    _("Service down"),
    _("Check your service logs: we're already retrying in the background."),
)
_UNEXPECTED = _Text(
    _("Unexpected answer"),
    _("Your service did not answer with a 2xx status. Check the URL and your service logs."),
)
_NETWORK = {
    codes.REDIRECT: _Text(
        _("Redirect"),
        _("The URL answers with a redirect. Paste the final address: we do not follow redirects."),
    ),
    codes.TIMEOUT: _Text(
        _("Slow response"),
        _(
            "Your handler took longer than 5 seconds: we treat that as a failure. "
            "Reply 200 immediately, do the work afterwards."
        ),
    ),
    codes.DNS: _Text(
        _("Host not found"),
        _("The domain does not exist or has no address. Check the URL for typing errors."),
    ),
    codes.REFUSED: _Text(
        _("Connection refused"),
        _("Nothing listens on this port. Check that your service runs and that the URL names the right port."),
    ),
    codes.RESET: _Text(
        _("Connection broken off"),
        _("Your service closed the connection without an answer. Check your service logs and its firewall."),
    ),
    codes.TLS: _Text(
        _("Certificate problem"),
        _(
            "The certificate is expired, self-signed or for another name. "
            "Install a valid one, such as one from Let's Encrypt."
        ),
    ),
    codes.BLOCKED: _Text(
        _("Address not allowed"),
        _("This address points inside a private network. Use one that is reachable from the internet."),
    ),
    codes.BAD_RESPONSE: _Text(
        _("Answer not understood"),
        _("What your service answered is not valid HTTP. Check that the URL and the port are those of a web service."),
    ),
    codes.INTERNAL: _Text(
        _("A fault of ours"),
        _("HAPP could not send this. You need not do anything: we have been told and will send it again."),
    ),
}
_REASONS = {
    CloseReason.MAX_RETRIES_EXCEEDED.value: _Text(
        _("Event dropped after retry limit"),
        _(
            "Your service did not answer 2xx until the retry limit. Fix the service first: check that the URL opens "
            "and returns 2xx. If the stream is stopped, disconnect and reconnect in HAPP: that resumes it. "
            "Back-fill what was missed through the HAPP API."
        ),
    ),
    CloseReason.GONE.value: _Text(
        _("Your service said it is gone"),
        _(
            "Your service answered 410: it no longer wants these events, so the stream was stopped. "
            "To resume, disconnect and reconnect in HAPP with a URL that accepts them."
        ),
    ),
    CloseReason.DISCONNECTED.value: _Text(
        _("Disconnected"),
        _(
            "The integration was disconnected or connected anew before this got through. "
            "Back-fill what was missed through the HAPP API."
        ),
    ),
}
_BY_CODE = {**_HTTP, **_NETWORK, **_REASONS}

#: Every code with a text of its own; other HTTP statuses share one for 4xx, 5xx and the rest.
CODES = tuple(_BY_CODE)


def explain(code: str) -> Explanation:
    """The words for an error code or a reason; also for one that is not known here."""
    text = _BY_CODE.get(code) or _by_status(code)
    detail = str(text.detail)
    if text is _REFUSED_BY_SERVICE:
        detail %= {"status": code.removeprefix(HTTP_PREFIX)}
    return Explanation(str(text.title), detail)


def _by_status(code: str) -> _Text:
    if code.startswith(f"{HTTP_PREFIX}4"):
        return _REFUSED_BY_SERVICE
    return _SERVICE_DOWN if code.startswith(f"{HTTP_PREFIX}5") else _UNEXPECTED
