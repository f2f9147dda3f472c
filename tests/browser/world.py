"""One workspace for each state, side by side, for walks that only look."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import DjangoDbBlocker

from happ_webhooks.history.models import ApiToken, Membership, Workspace
from tests.browser.conftest import Devices, session_of
from tests.browser.states import STATES
from tests.browser.stops import LOCKED_OUT, Stop
from tests.conftest import connect
from tests.receiver import Arrival, Receiver

OWNERS = [
    *("olha", "maria", "olena", "iryna", "oksana", "taras"),
    *("petro", "halyna", "stepan", "daryna", "bohdan", "nadiia"),
]
ROLES = {"owner": Membership.Role.ADMIN, "member": Membership.Role.MEMBER}


@dataclass
class World:
    """Workspaces by state, and who is signed in there, by state and `who` of a stop."""

    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    @classmethod
    def built(cls, receiver: Receiver) -> "World":
        def answered(shop: Workspace) -> None:
            connect(shop, receiver.url)

        world = cls()
        for owner, (name, reach) in zip(OWNERS, {**STATES, "answered": answered}.items(), strict=True):
            shop = Workspace.objects.create(name="Кав'ярня на Подолі")
            world.places[name] = shop.pk
            for (who, role), username in zip(ROLES.items(), (owner, f"{owner}2"), strict=True):
                world.let_in(who, name, User.objects.create(username=username), role)
            reach(shop)
        guest = User.objects.create(username="guest")
        for name in ("delivering", "long-words"):
            world.let_in("guest", name, guest, Membership.Role.MEMBER)
        everywhere = {"lost": {}, "support": {"is_staff": True, "is_superuser": True}}
        for who, rights in everywhere.items():
            session = session_of(User.objects.create(username=who, **rights))
            world.sessions |= {(name, who): session for name in world.places}
        with_tokens(world.places["delivering"])
        lock_out(LOCKED_OUT)
        return world

    def let_in(self, who: str, state: str, user: User, role: str) -> None:
        """Makes this person a member of the workspace in this state."""
        Membership.objects.create(workspace_id=self.places[state], user=user, role=role)
        self.sessions[state, who] = session_of(user)

    def go(self, stop: Stop, page: Page, devices: Devices) -> None:
        """Somebody comes to the page of a workspace in this state, and does what is to be done there."""
        self.leave(page)
        sign_out(page.context)
        if stop.who is not None:
            devices.sign_in(page.context, self.sessions[stop.state, stop.who])
        page.goto(self.address_of(stop))
        if stop.act is not None:
            stop.act(page)

    def address_of(self, stop: Stop) -> str:
        place = self.places[stop.state]
        below = f"/integrations/{place}/" if not stop.path.startswith("/") else ""
        return below + stop.path.replace("{admin_id}", quote(place))

    @staticmethod
    def leave(page: Page) -> None:
        """The page that was open asks for nothing more, least of all as somebody else."""
        page.unroute_all(behavior="ignoreErrors")
        page.goto("about:blank")

    @staticmethod
    def forget() -> None:
        call_command("flush", verbosity=0, interactive=False)


class Tabs:
    """A page for each language, opened when it is first asked for."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._open: dict[str, Page] = {}

    def __call__(self, language: str) -> Page:
        if language not in self._open:
            self._open[language] = self._devices(language=language).new_page()
        return self._open[language]


def with_tokens(workspace_id: str) -> None:
    shop = Workspace.objects.get(pk=workspace_id)
    ApiToken.issue(name="CRM", scopes=["manage", "backfill"], workspace=shop)
    old, _ = ApiToken.issue(name="Стара каса", scopes=["ingest"], workspace=shop)
    ApiToken.objects.filter(pk=old.pk).update(revoked_at=timezone.now(), last_used_at=timezone.now())


def lock_out(username: str) -> None:
    """As if it had been tried with wrong passwords as often as is allowed, from here."""
    AccessAttempt.objects.create(
        username=username, ip_address="127.0.0.1", failures_since_start=settings.AXES_FAILURE_LIMIT
    )


def only_pings(arrival: Arrival) -> int:
    return 200 if arrival.is_ping else 401


def sign_out(context: BrowserContext) -> None:
    context.clear_cookies(name="sessionid")


@pytest.fixture(scope="module")
def ladder() -> str:
    """The product's own: nothing is delivered here, and what is said of later tries is to look as it does."""
    return "5,30,120,600,1800,3600,7200"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Tests that use it write nothing: what they wrote would stay in their own transaction."""
    receiver = Receiver(only_pings)
    with django_db_blocker.unblock():
        world = World.built(receiver)
    yield world
    receiver.close()
    with django_db_blocker.unblock():
        World.forget()


@pytest.fixture(scope="module")
def devices(browser: Browser, site: str, world: World) -> Iterator[Devices]:
    """Closed before the world is forgotten: pages go on asking until then."""
    devices = Devices(browser, site)
    yield devices
    devices.close()


@pytest.fixture(scope="module")
def tabs(devices: Devices) -> Tabs:
    return Tabs(devices)
