"""What the tests of the log look at: eight deliveries, and what a page shows of them."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from deliveries.models import Delivery
from happ_webhooks.history.models import Membership, Workspace
from tests.eight import UNUSED_URL as UNUSED_URL
from tests.eight import eight_deliveries

CANARY = "canary-7f3a-who-reads-this-broke-the-mirror"


@pytest.fixture
def shop(db: None) -> Workspace:
    return Workspace.objects.create(name="Кав'ярня")


@pytest.fixture
def olena(shop: Workspace, client: Client) -> User:
    """An admin of the workspace, who is signed in."""
    user = User.objects.create_user("olena")
    Membership.objects.create(workspace=shop, user=user, role=Membership.Role.ADMIN)
    client.force_login(user)
    return user


@pytest.fixture
def eight(shop: Workspace) -> None:
    eight_deliveries(shop)


def sequences(page: str) -> list[int]:
    """Of the deliveries that a page shows, from the top."""
    ids = re.findall(r'data-event-id="(evt_\w+)"', page)
    known = dict(Delivery.objects.values_list("pk", "sequence"))
    return [known[event_id] for event_id in ids]
