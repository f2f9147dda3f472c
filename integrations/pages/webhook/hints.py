"""What is known about a URL by its looks: advice that keeps nobody from connecting it."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PRIVATE = (
    r"^https?://(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|\[::1\]|[^/?#]*\.(local|internal)\b)"
)


@dataclass(frozen=True)
class Hint:
    """`pattern` is a regular expression that Python and JavaScript read alike; letter case does not count."""

    name: str
    pattern: str
    text: Promise


KNOWN = (
    Hint(
        "n8n-test",
        r"/webhook-test/",
        _("This is n8n's test URL, for tests only. Publish or activate the workflow and paste the Production URL."),
    ),
    Hint(
        "zapier",
        r"^https?://hooks\.zapier\.com([/:?#]|$)",
        _("The URL itself is the secret; leave the password empty."),
    ),
    Hint(
        "make",
        r"^https?://hook\.[a-z0-9.-]+\.make\.com([/:?#]|$)",
        _("If you added an API key in Make, choose a header of your own, x-make-apikey."),
    ),
)
#: What is refused when it is sent: said while it is typed. A demo lets these through.
REFUSED = (
    Hint("http", r"^http://", _("Use https://, so nobody can read your customers' messages on the way.")),
    Hint(
        "private",
        PRIVATE,
        _("This address is only reachable from your own network. Use one that is on the internet."),
    ),
)


@dataclass(frozen=True)
class ShownHint:
    hint: Hint
    hidden: bool


def hints_for(url: str) -> list[ShownHint]:
    """All hints of the form; those that do not fit this URL are hidden until one is typed that they fit."""
    hints = KNOWN if settings.HAPP_ALLOW_PRIVATE_TARGETS else KNOWN + REFUSED
    return [ShownHint(hint, not re.search(hint.pattern, url.strip(), re.IGNORECASE)) for hint in hints]
