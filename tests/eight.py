"""Eight deliveries of every fate, for whoever tests the log: through the API or on its pages."""

from deliveries.models import Delivery
from happ_webhooks.history.models import Workspace
from tests.conftest import connect, record

UNUSED_URL = "http://127.0.0.1:1/"
FATES: dict[int, dict[str, object]] = {
    1: {"status": "delivered", "last_status_code": 200},
    2: {"status": "delivered", "last_status_code": 204},
    3: {"status": "dropped", "reason": "MAX_RETRIES_EXCEEDED", "last_error": "TIMEOUT"},
    4: {"status": "cancelled", "reason": "DISCONNECTED", "last_error": "HTTP_500"},
    5: {"last_error": "HTTP_500", "attempts": 1},
    6: {"last_error": "TIMEOUT", "attempts": 2, "channel": "viber"},
    7: {"type": "order.created"},
}


def eight_deliveries(shop: Workspace) -> None:
    """1 and 2 delivered, 3 dropped, 4 cancelled, 5 and 6 failing; 7 (an order) and 8 fresh."""
    connect(shop, UNUSED_URL)
    record(shop, *("odd" if number % 2 else "even" for number in range(1, 9)))
    for sequence, fate in FATES.items():
        Delivery.objects.filter(sequence=sequence).update(**fate)
