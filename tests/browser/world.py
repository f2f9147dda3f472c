"""One workspace for each state, side by side, for walks that only look."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import DjangoDbBlocker

from happ_webhooks.history.models import ApiToken, Membership, Workspace
from tests.browser.conftest import Devices, session_of
from tests.browser.states import STATES
from tests.browser.stops import Stop

OWNERS = ["olha", "maria", "olena", "iryna", "oksana", "taras", "petro", "halyna", "stepan", "daryna", "bohdan"]
ROLES = {"owner": Membership.Role.ADMIN, "member": Membership.Role.MEMBER}


@dataclass
class World:
    """Workspaces by state, and the sessions of their owner and of a member."""

    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    @classmethod
    def built(cls) -> "World":
        world = cls()
        for owner, (name, reach) in zip(OWNERS, STATES.items(), strict=True):
            shop = Workspace.objects.create(name="Кав'ярня на Подолі")
            world.places[name] = shop.pk
            for who, username in (("owner", owner), ("member", f"{owner}2")):
                user = User.objects.create(username=username)
                Membership.objects.create(workspace=shop, user=user, role=ROLES[who])
                world.sessions[name, who] = session_of(user)
            reach(shop)
        with_tokens(world.places["delivering"])
        return world

    def go(self, stop: Stop, page: Page, devices: Devices) -> None:
        """The owner of a workspace in this state comes to the page, and does what is to be done there."""
        sign_out(page.context)
        if stop.who is not None:
            devices.sign_in(page.context, self.sessions[stop.state, stop.who])
        page.goto(stop.path if stop.path.startswith("/") else f"/integrations/{self.places[stop.state]}/{stop.path}")
        if stop.act is not None:
            stop.act(page)

    @staticmethod
    def forget() -> None:
        call_command("flush", verbosity=0, interactive=False)


def with_tokens(workspace_id: str) -> None:
    shop = Workspace.objects.get(pk=workspace_id)
    ApiToken.issue(name="CRM", scopes=["manage", "backfill"], workspace=shop)
    old, _ = ApiToken.issue(name="Стара каса", scopes=["ingest"], workspace=shop)
    ApiToken.objects.filter(pk=old.pk).update(revoked_at=timezone.now(), last_used_at=timezone.now())


def sign_out(context: BrowserContext) -> None:
    context.clear_cookies(name="sessionid")


@pytest.fixture(scope="module")
def ladder() -> str:
    """The product's own: nothing is delivered here, and what is said of later tries is to look as it does."""
    return "5,30,120,600,1800,3600,7200"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Tests that use it write nothing: what they wrote would stay in their own transaction."""
    with django_db_blocker.unblock():
        world = World.built()
    yield world
    with django_db_blocker.unblock():
        World.forget()


@pytest.fixture(scope="module")
def devices(browser: Browser, site: str, world: World) -> Iterator[Devices]:
    """Closed before the world is forgotten: pages go on asking until then."""
    devices = Devices(browser, site)
    yield devices
    devices.close()
