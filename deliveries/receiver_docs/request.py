"""One whole request for the quick starts, signed by the secret of the vectors."""

import re
from typing import Final

from deliveries.api.webhooks import EXAMPLE_ID
from deliveries.receiver_docs.vectors import SECRET, vectors
from happ_webhooks.wire.request import Auth, headers

BLOCK: Final = re.compile(r"^```\nPOST .*?^```\n", re.MULTILINE | re.DOTALL)


def with_request(page: str) -> str:
    """The page with the request as it is in place of the one that stands there."""
    return BLOCK.sub(lambda _: f"```\n{request()}```\n", page)


def request() -> str:
    """It as it goes over the wire, but for what the transport adds."""
    valid = vectors()[0]
    sent = headers(
        event_id=EXAMPLE_ID,
        timestamp=valid.timestamp,
        body=valid.body.encode(),
        secrets=[SECRET],
        password="your-password",  # noqa: S106 (an example)
        auth=Auth(),
        attempt=1,
        test=False,
    )
    head = "".join(f"{name}: {value}\n" for name, value in sent.items())
    return f"POST /happ HTTP/1.1\n{head}\n{valid.body}\n"
