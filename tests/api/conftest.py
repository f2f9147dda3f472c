"""A workspace in a transaction of the test: enough for whatever needs no second connection, and much faster."""

from collections.abc import Iterator

import pytest

from deliveries import wakes
from happ_webhooks.history.models import Workspace
from tests.api.caller import Caller, caller_with


@pytest.fixture
def shop(db: None) -> Workspace:
    return Workspace.objects.create(name="Квіти поруч")


@pytest.fixture
def caller(shop: Workspace) -> Caller:
    return caller_with(shop)


@pytest.fixture(autouse=True)
def broker_is_trusted() -> Iterator[None]:
    """No test leaves to the next the memory of a broker that failed."""
    wakes._Broker.quiet_until = 0.0
    yield
    wakes._Broker.quiet_until = 0.0
