"""The headers of a webhook as documents describe them; happ_webhooks.wire.request is what sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Header:
    """`always` is false for one that is sent only on some requests; `description` says which."""

    name: str
    example: str
    description: str
    always: bool = True


HEADERS: Final = (
    Header("content-type", "application/json; charset=utf-8", "The body is JSON in UTF-8."),
    Header("user-agent", "HAPP-Webhooks/1", "Who sends it."),
    Header("accept-encoding", "identity", "HAPP reads no compressed answers."),
    Header(
        "webhook-id",
        "evt_01JW3Q8Z6T4M8K2V0C5N7R9XYA",
        "The event's id, the same on every try: drop an event whose id you have seen.",
    ),
    Header("webhook-timestamp", "1779708607", "When this try was made, in Unix seconds; part of what is signed."),
    Header(
        "webhook-signature",
        "v1,KIP2DRlb4cIWFMXcV70RCxneh5XIyKcICfJR3xpJL3k=",
        "One signature, or two separated by a blank while the signing secret is being rotated: accept either. "
        "The examples are signed with the secret in vectors.json.",
    ),
    Header("happ-attempt", "1", "Which try of this event it is: 1, 2, ..."),
    Header(
        "authorization",
        "Bearer <password>",
        "Only if a password is set: `Bearer <password>`, or `Basic` with the user `happ`.",
        always=False,
    ),
    Header(
        "x-...",
        "<password>",
        "Only if the password is sent in a header of your own, such as x-make-apikey.",
        always=False,
    ),
    Header("happ-test", "1", "Only on pings and test events.", always=False),
)
