"""What a person enters, checked without network: every error names its field and says how to fix it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from happ_webhooks.history.problems import FieldError, Problem
from happ_webhooks.wire.request import Auth, parse_auth, password_problem
from happ_webhooks.wire.target import Target, TargetRefused, check_url


class Keep(Enum):
    """The mark of a field that a change of settings leaves as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
BEARER: Final = {"scheme": "bearer"}

#: Their receivers share the machine in a demo; in production they are refused as private addresses.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

URL_SENTENCES: dict[str, str | Promise] = {
    "required": gettext_lazy("Enter the URL that events are sent to, such as https://crm.example.com/happ."),
    "type": gettext_lazy("Give the URL as a text."),
    "empty": gettext_lazy("Enter the URL that events are sent to, such as https://crm.example.com/happ."),
    "scheme": gettext_lazy("Use https://, so nobody can read your customers' messages on the way."),
    "host": gettext_lazy("The URL needs a full host name such as crm.example.com."),
    "chars": gettext_lazy("Remove blanks, line breaks, backslashes and invisible characters from the URL."),
    "userinfo": gettext_lazy("Remove the user and password from the URL and use the password field."),
    "port": gettext_lazy("Use port 443, 80, or one from 1024 to 65535."),
    "length": gettext_lazy("Use a URL of at most 2048 characters."),
    "address": gettext_lazy("This address is only reachable from your own network. Use one that is on the internet."),
    "own_host": gettext_lazy("The URL points to HAPP itself; enter the address of your own system."),
}
PASSWORD_SENTENCES: dict[str, str | Promise] = {
    "type": gettext_lazy("Give the password as a text, or null for none."),
    "empty": gettext_lazy("An empty password protects nothing. Leave it out if your service is open."),
    "too_long": gettext_lazy("Use a password of at most 512 characters."),
    "not_printable": gettext_lazy(
        "Use Latin letters, digits and symbols: some services cannot read other characters in a header."
    ),
    "outer_blank": gettext_lazy("Remove the blanks around the password: they get lost on the way."),
}
AUTH_SENTENCE = gettext_lazy(
    'Send {"scheme": "bearer"}, {"scheme": "basic"}, or {"scheme": "header", "header": "x-..."} '
    "with a header name of at most 64 characters that starts with x-."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Entered:
    """Checked input. KEEP stands only where a change of settings says nothing about a field."""

    target: Target | Keep
    password: str | Keep | None
    auth: Auth | Keep


def checked(*, url: object, password: object, auth: object) -> Entered:
    """The fields as entered, in the form they are used in. Raises Problem (validation) that names all that is wrong."""
    errors: list[FieldError] = []
    target = _url(url, errors)
    errors += _password_errors(password)
    way = _auth(auth, errors)
    if errors or target is None or way is None:
        raise Problem("validation", _("Nothing was sent or saved. Correct what is named in `errors`."), errors=errors)
    return Entered(
        target=target,
        password=password if isinstance(password, str | Keep) else None,
        auth=way,
    )


def own_hosts() -> frozenset[str]:
    """HAPP's public names, in lower case; a leading dot or star, which stands for subdomains, is left out."""
    names = (host.lower().lstrip("*.").strip("[]") for host in settings.HAPP_PUBLIC_HOSTS)
    return frozenset(name for name in names if name) - LOOPBACK


def _url(url: object, errors: list[FieldError]) -> Target | Keep | None:
    if isinstance(url, Keep):
        return url
    try:
        if not isinstance(url, str):
            code = "required" if url is None else "type"
        else:
            return check_url(url, allow_private=settings.HAPP_ALLOW_PRIVATE_TARGETS, own_hosts=own_hosts())
    except TargetRefused as refused:
        code = refused.code
    errors.append(FieldError("/url", code, str(URL_SENTENCES[code])))
    return None


def _password_errors(password: object) -> Iterator[FieldError]:
    if password is None or isinstance(password, Keep):
        return
    code = password_problem(password) if isinstance(password, str) else "type"
    if code is not None:
        yield FieldError("/password", code, str(PASSWORD_SENTENCES[code]))


def _auth(auth: object, errors: list[FieldError]) -> Auth | Keep | None:
    if isinstance(auth, Keep):
        return auth
    try:
        return parse_auth(auth)
    except ValueError:
        errors.append(FieldError("/auth", "auth", str(AUTH_SENTENCE)))
        return None
