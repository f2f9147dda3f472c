"""Who may see the status: whoever stands inside, as with /metrics; and support, from everywhere."""

from functools import partial

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error as DatabaseError
from django.db import connection as database
from django.http import HttpRequest

from config.metrics import came_through_a_proxy
from config.probes.limit import within

LIMIT_SECONDS = 1.0


class CannotTell(Exception):
    """The database, which knows who is signed in, does not answer."""


def may_see(request: HttpRequest) -> bool:
    """Raises CannotTell."""
    return not came_through_a_proxy(request) or _is_support(request.COOKIES.get(settings.SESSION_COOKIE_NAME))


def _is_support(session: str | None) -> bool:
    if not session:
        return False
    answers: list[bool] = []
    within(LIMIT_SECONDS, partial(_ask, session, answers))
    if not answers:
        raise CannotTell
    return answers[0]


def _ask(session: str, answers: list[bool]) -> None:
    """Beside the request's own session, which this look must not make last longer, nor fail for."""
    asking = HttpRequest()
    asking.session = SessionStore(session)
    try:
        user = get_user(asking)
        answers.append(user.is_active and user.is_staff)
    except DatabaseError:
        pass
    finally:
        database.close()
