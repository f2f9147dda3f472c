"""Fixed signatures to test a receiver's verification with."""

import json
from dataclasses import asdict, dataclass
from typing import Final

from deliveries.api.webhooks import EXAMPLE_ID, EXAMPLE_SECRET, example_body
from happ_webhooks.wire.signature import sign

# Published on purpose: they sign nothing but these examples.
SECRET: Final = EXAMPLE_SECRET
OLD_SECRET: Final = "whsec_dGhlIHNlY3JldCBiZWZvcmUsIGFsc28ganVzdCBhIHRlc3Q="  # noqa: S105
NOW: Final = 1_779_708_607
LATE: Final = 301


@dataclass(frozen=True)
class Vector:
    """One request, and whether a receiver that holds SECRET at the time NOW accepts it."""

    name: str
    why: str
    timestamp: int
    signature: str
    body: str
    valid: bool


def vectors() -> list[Vector]:
    """The cases that verification gets wrong most often."""
    body = example_body("message.received", "telegram")
    emoji = example_body("message.sent", "viber").replace("Оформити замовлення?", "Дякуємо! ☕🇺🇦")
    return [
        Vector("valid", "the common case", NOW, _signed([SECRET], body), body, True),
        Vector("ukrainian_and_emoji", "sign the bytes, not parsed JSON", NOW, _signed([SECRET], emoji), emoji, True),
        Vector("two_signatures", "during a rotation: one fits", NOW, _signed([OLD_SECRET, SECRET], body), body, True),
        Vector("altered_body", "one blank more", NOW, _signed([SECRET], body), body.replace(":", ": ", 1), False),
        Vector(
            "old_timestamp", "older than five minutes", NOW - LATE, _signed([SECRET], body, NOW - LATE), body, False
        ),
        Vector("moved_timestamp", "not the one that was signed", NOW + 1, _signed([SECRET], body), body, False),
        Vector("wrong_secret", "signed by another secret", NOW, _signed([OLD_SECRET], body), body, False),
        Vector("no_version", "without its v1,", NOW, _signed([SECRET], body).removeprefix("v1,"), body, False),
    ]


def document() -> str:
    """The vectors as JSON."""
    head = {"secret": SECRET, "now": NOW, "tolerance_seconds": LATE - 1, "webhook_id": EXAMPLE_ID}
    return json.dumps({**head, "vectors": [asdict(each) for each in vectors()]}, ensure_ascii=False, indent=2) + "\n"


def _signed(secrets: list[str], body: str, timestamp: int = NOW) -> str:
    return sign(secrets, EXAMPLE_ID, timestamp, body.encode())
