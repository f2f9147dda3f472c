"""Support's text for a customer says what the customer's tile says, sentence by sentence."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from deliveries.models import CloseReason, Connection, Delivery
from happ_webhooks.history.models import Workspace
from integrations.admin.letter import for_customer
from integrations.tile import tile
from tests.conftest import connect, record, visit
from tests.integrations.conftest import stop
from tests.pages.webhook import Shop
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "http://testserver/"


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    return Shop(Workspace.objects.create(name="Кав'ярня"))


def unsaid(shop: Shop, language: str) -> list[str]:
    """Sentences of the letter that the tile does not say. The address is shown by both, in two ways."""
    Workspace.objects.update(language=language)
    now = timezone.now()
    document = {**tile(shop.workspace, now), "url": None}
    letter = for_customer(Workspace.objects.get(), document, now, SITE)
    sentences = re.split(r"(?<=[.:]) |\n+|(?= \()", re.sub(r"^\d\. ", "", letter, flags=re.MULTILINE))
    read = _bare(shop.tile(language))
    return [each for each in sentences if _bare(each) not in read]


def _bare(text: str) -> str:
    """Without what a page and a text set differently: capitals, blanks, brackets, the marks at an end."""
    return re.sub(r"[ ()]|[.:]$", "", text.lower())


@pytest.mark.parametrize("language", ["en", "uk"])
def test_all_of_it_stands_on_the_tile(shop: Shop, receiver: Receiver, language: str) -> None:
    assert unsaid(shop, language) == []
    connection = connect(shop.workspace, receiver.url)
    receiver.script = lambda arrival: 401
    record(shop.workspace, "chat_1", "chat_1")
    visit(connection)
    assert unsaid(shop, language) == []
    Connection.objects.update(paused_until=timezone.now() + timedelta(days=1))
    assert unsaid(shop, language) == []
    Delivery.objects.update(attempts=9)
    assert unsaid(shop, language) == []
    Connection.objects.update(paused_until=None)
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(hours=1))
    assert unsaid(shop, language) == []
    Delivery.objects.update(attempts=1)
    assert unsaid(shop, language) == []
    stop(shop.workspace)
    Connection.objects.update(failing_since=timezone.now() - timedelta(hours=4))
    assert unsaid(shop, language) == []
    connection = connect(shop.workspace, receiver.url)
    stop(shop.workspace, CloseReason.GONE)
    assert unsaid(shop, language) == []
    Delivery.objects.filter(sequence=1).update(recorded_at=timezone.now() - timedelta(days=2))
    assert unsaid(shop, language) == []
