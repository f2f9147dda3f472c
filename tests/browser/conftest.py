"""A real Chromium at the product's real processes."""

import os
from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connections
from django.db.models.functions import Now
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from deliveries.models import Connection
from happ_webhooks.history.models import Membership, Workspace
from tests.browser import chromium
from tests.browser.watch import Watch
from tests.processes import Processes, eventually

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
LANGUAGES = {"en": "en-GB", "uk": "uk-UA"}
PATIENCE_MS = 20_000
PASSWORD = "кав'ярня-2026-Олена"
HASHED = make_password(PASSWORD)


@pytest.fixture(scope="module")
def ladder() -> str:
    """The ladder of the processes; a file may have another."""
    return "2,2,2,2"


@pytest.fixture(scope="module")
def processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, ladder: str) -> Iterator[Processes]:
    started = Processes(tmp_path_factory.mktemp("processes"), ladder)
    yield started
    started.close()


@pytest.fixture(scope="module")
def site(processes: Processes) -> str:
    """The web process alone; gives its address, without a slash at the end."""
    processes.start("web")
    return processes.site


@pytest.fixture
def delivering(processes: Processes, site: str, transactional_db: None) -> Iterator[Processes]:
    """Workers and beat run; afterwards no courier does, so that the tables can be emptied without a deadlock."""
    processes.start()
    yield processes
    Connection.objects.update(closed_at=Now(), settled_at=Now())
    eventually(lambda: not Connection.objects.filter(lease_until__gt=Now()).exists())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium.executable()
    if path is None:
        pytest.fail(chromium.MISSING)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        # Playwright's event loop lives in this thread, and Django takes whoever has one for asynchronous.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        running = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield running
        running.close()
        # Beside the loop Django keeps connections of their own, which nobody would close after it.
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def session_of(user: User) -> str:
    """A session in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


class Devices:
    """Opens contexts, which share nothing: one is one person at one device."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.watches: list[Watch] = []
        self._browser, self._site = browser, site
        self._opened: list[BrowserContext] = []

    def __call__(self, user: User | None = None, language: str = "en", **options: object) -> BrowserContext:
        chosen = {"viewport": WIDE, "locale": LANGUAGES[language], "base_url": self._site, **options}
        context = self._browser.new_context(**chosen)  # type: ignore[arg-type] # options of one call
        context.set_default_timeout(PATIENCE_MS)
        self.watches.append(Watch(context, self._site))
        self._opened.append(context)
        if user is not None:
            self.sign_in(context, session_of(user))
        return context

    def sign_in(self, context: BrowserContext, session: str) -> None:
        """Without the form, which has tests of its own and takes a third of a second."""
        context.add_cookies([{"name": "sessionid", "value": session, "url": self._site}])

    def new_faults(self, meant: str = "") -> list[str]:
        """Those since it was asked last, but for those with a part that is meant."""
        found = [fault for watch in self.watches for fault in watch.faults if not meant or meant not in fault]
        for watch in self.watches:
            watch.faults.clear()
        return found

    def close(self) -> None:
        for context in self._opened:
            context.close()


@pytest.fixture
def devices(browser: Browser, site: str, transactional_db: None) -> Iterator[Devices]:
    """A fault in any of its contexts fails the test."""
    devices = Devices(browser, site)
    yield devices
    devices.close()
    assert devices.new_faults() == []


@pytest.fixture
def workspace(transactional_db: None) -> Workspace:
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def owner(workspace: Workspace) -> User:
    """The admin of the workspace; can sign in with PASSWORD."""
    user = User.objects.create(username="olena", password=HASHED)
    Membership.objects.create(workspace=workspace, user=user, role=Membership.Role.ADMIN)
    return user


@pytest.fixture
def home(workspace: Workspace) -> str:
    """The path of the tile."""
    return f"/integrations/{workspace.pk}/"


@pytest.fixture
def page(devices: Devices, owner: User, home: str) -> Page:
    """The owner looks at the tile, in English, at a desk."""
    opened = devices(owner).new_page()
    opened.goto(home)
    return opened


@pytest.fixture
def watch(page: Page, devices: Devices) -> Watch:
    """The watch over `page`."""
    return devices.watches[0]
