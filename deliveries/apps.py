from typing import Any

from django.apps import AppConfig
from django.core.management import CommandError
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

from deliveries import sessions

OWN_SESSION = "Migrations need a session of their own: let DATABASE_URL lead to PostgreSQL, not to a pooler."


class DeliveriesConfig(AppConfig):
    name = "deliveries"

    def ready(self) -> None:
        from deliveries import checks  # noqa: F401 (it registers itself)

        pre_migrate.connect(wait_briefly, sender=self)
        post_migrate.connect(wait_as_ever, sender=self)


def wait_briefly(using: str, **_: Any) -> None:
    """A migration that waits for a lock makes all wait who come after it: it gives up, and is run again.

    Raises CommandError behind a pooler, which would hand the session with its setting on to somebody else.
    """
    if sessions.is_shared(using):
        raise CommandError(OWN_SESSION)
    _say("SET lock_timeout = '3s'", using)


def wait_as_ever(using: str, **_: Any) -> None:
    _say("RESET lock_timeout", using)


def _say(statement: str, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(statement)
