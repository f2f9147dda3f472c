"""What an attempt's `detail` says in the language of the moment: the wire writes it in English, as the log keeps it."""

import re
from typing import Final

from django.utils.translation import gettext as in_this_language
from django.utils.translation import gettext_noop as _

SENTENCES: Final = frozenset(
    (
        _("HAPP could not send this; the fault is ours."),
        _("HAPP could not send this event; the fault is ours."),
        _("HAPP could not send this event."),
        _("The receiver's answer is not valid HTTP."),
        _("The receiver's answer has too many or too long headers."),
        _("The URL leads to a private or reserved address."),
        _("The host name cannot be found."),
        _("The receiver refused the connection."),
        _("The receiver's address cannot be reached."),
        _("The receiver closed the connection without an answer."),
        _("The receiver's certificate is not valid yet."),
        _("The receiver's certificate has expired."),
        _("The receiver's certificate is self-signed."),
        _("The receiver's certificate is for another name."),
        _("The receiver's certificate is not from a trusted authority, or its chain is incomplete."),
        _("The TLS handshake with the receiver failed."),
        _("The host name was not resolved in time."),
        _("The receiver did not take the connection in time."),
        _("The receiver did not finish the TLS handshake in time."),
        _("The receiver did not take the request in time."),
        _("The receiver did not answer in time."),
        _("The receiver answered with a redirect; enter the final URL, redirects are not followed."),
        _("Enter the URL that events are sent to."),
        _("The URL must start with https://, so that nobody can read your customers' messages on the way."),
        _("The URL needs a full host name such as crm.example.com."),
        _("Remove blanks, line breaks, backslashes and invisible characters from the URL."),
        _("Remove the user and password from the URL and use the password field."),
        _("Use port 443, 80, or one from 1024 to 65535."),
        _("Use a URL of at most 2048 characters."),
        _("The URL points to a private or reserved address; use one that is reachable from the internet."),
        _("The URL points to HAPP itself; enter the address of your own system."),
    )
)
ANSWERED: Final = _("The receiver answered with status %(status)s.")
_STATUS: Final = re.compile(r"The receiver answered with status ([0-9]+)\.")


def in_words(detail: str) -> str | None:
    """The sentence; None for one that is not known here, such as an older version's."""
    if detail in SENTENCES:
        return in_this_language(detail)
    found = _STATUS.fullmatch(detail)
    return in_this_language(ANSWERED) % {"status": found[1]} if found else None
