"""Migrates the database and fills it for a demo: `python -m config.demo.seed FILE`. Repeatable.

FILE is the access file; what it names and the database still has is kept, the rest is made anew.
"""

import secrets
import sys
from pathlib import Path

import django

django.setup()

from django.contrib.auth.models import Permission, User  # noqa: E402 - models need the set-up
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from config.demo.access import Access, Login  # noqa: E402
from config.demo.folder import read_json, write_json  # noqa: E402
from happ_webhooks.history.models import ApiToken, Membership, Workspace  # noqa: E402

NAMES = {"workspace_id": "Кав'ярня Демо", "other_workspace_id": "Квіти поруч"}
SCOPES = {"ingest_token": ["ingest"], "manage_token": ["manage"], "backfill_token": ["backfill"]}
ADMIN_APPS = ("history", "deliveries", "integrations")


def main(file: Path) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        access = seed(read_json(file))
    write_json(file, access)


def seed(known: dict[str, object]) -> Access:
    """Make what is missing; `known` is an earlier result, or empty."""
    shop, other = (workspace(name, str(known.get(key, ""))) for key, name in NAMES.items())
    people = {name: person(name, known) for name in ("owner", "assistant", "support", "neighbour")}
    join(shop, people["owner"][0])
    join(shop, people["assistant"][0], Membership.Role.MEMBER)
    join(other, people["neighbour"][0])
    empower(people["support"][0])
    tokens = {key: token(key, shop, str(known.get(key, ""))) for key in SCOPES}
    return Access(
        workspace_id=shop.pk,
        other_workspace_id=other.pk,
        ingest_token=tokens["ingest_token"],
        manage_token=tokens["manage_token"],
        backfill_token=tokens["backfill_token"],
        users={name: login for name, (_, login) in people.items()},
        hashes={name: user.password for name, (user, _) in people.items()},
    )


def workspace(name: str, known_id: str) -> Workspace:
    found = Workspace.objects.filter(pk=known_id).first()
    return found or Workspace.objects.create(name=name, time_zone="Europe/Kyiv", language="uk")


def person(username: str, known: dict[str, object]) -> tuple[User, Login]:
    """The user and a login that works. Hashes are compared, since checking a password takes a third of a second."""
    user, _ = User.objects.get_or_create(username=username)
    logins, hashes = known.get("users"), known.get("hashes")
    if (
        isinstance(logins, dict)
        and isinstance(hashes, dict)
        and user.password
        and hashes.get(username) == user.password
    ):
        return user, logins[username]
    login = Login(username=username, password=secrets.token_urlsafe(9))
    user.set_password(login["password"])
    user.save()
    return user, login


def join(place: Workspace, user: User, role: str = Membership.Role.ADMIN) -> None:
    Membership.objects.get_or_create(workspace=place, user=user, defaults={"role": role})


def empower(user: User) -> None:
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.set(Permission.objects.filter(content_type__app_label__in=ADMIN_APPS))


def token(key: str, shop: Workspace, known: str) -> str:
    """A token of this workspace that works."""
    if known and ApiToken.objects.filter(hash=ApiToken.digest(known), revoked_at=None).exists():
        return known
    return ApiToken.issue(name=f"demo {key.removesuffix('_token')}", scopes=SCOPES[key], workspace=shop)[1]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
