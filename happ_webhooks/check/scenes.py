"""The scenes of the test, in the order in which they are played; each yields findings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from happ_webhooks.check.findings import Finding, Verdict, accepts, refuses
from happ_webhooks.check.probe import AT_ONCE, WORKSPACE, Probe
from happ_webhooks.wire.envelope import CHANNELS, EVENT_TYPES, new_event_id, ping_body
from happ_webhooks.wire.outcome import Outcome
from happ_webhooks.wire.samples import sample_data
from happ_webhooks.wire.signature import new_signing_secret

LARGE_CHARACTERS: Final = 200_000
SLOW_MS: Final = 1000
QUICK: Final = 20
OLD_SECONDS: Final = 600
REFUSALS: Final = (401, 403)

Scene = Callable[[Probe], Iterator[Finding]]


def ping(probe: Probe) -> Iterator[Finding]:
    """What Connect does."""
    event_id = new_event_id()
    text = ping_body(event_id=event_id, workspace_id=WORKSPACE, occurred_at=datetime.now(UTC))
    outcome = probe.send(probe.request(event_id, text, test=True))
    yield accepts(
        "accepts the ping", [outcome], f"HAPP cannot connect before a ping gets a 2xx.{_hint(probe, outcome)}"
    )


def _hint(probe: Probe, outcome: Outcome) -> str:
    """What a receiver that checks more than it was given would need."""
    given = probe.credentials
    missing = [name for name, has in (("--password", given.password), ("--secret", given.secrets)) if not has]
    if outcome.status_code not in REFUSALS or not missing:
        return ""
    return f" If it checks a password or signatures, give {' and '.join(missing)}."


def every_type(probe: Probe) -> Iterator[Finding]:
    for type_ in EVENT_TYPES:
        outcomes = [probe.send(probe.request(*probe.event(type_, channel))) for channel in CHANNELS]
        yield accepts(f"accepts {type_} from every channel", outcomes, "Answer 2xx also to what you do not use.")


def unknown(probe: Probe) -> Iterator[Finding]:
    event_id, text = probe.event()
    wider = json.dumps({**json.loads(text), "something_new": {"a": [1, None]}}, ensure_ascii=False)
    yield accepts(
        "ignores unknown fields", [probe.send(probe.request(event_id, wider))], "New fields may appear at any time."
    )
    event_id = new_event_id()
    text = probe.text(event_id, "chat.started", "telegram", "chat_1", {})
    yield accepts(
        "ignores unknown types", [probe.send(probe.request(event_id, text))], "Answer 2xx to types you do not know."
    )


def duplicates(probe: Probe) -> Iterator[Finding]:
    event_id, text = probe.event()
    outcomes = [probe.send(probe.request(event_id, text, attempt=number)) for number in (1, 2)]
    yield accepts("accepts a repeated event", outcomes, "A known id is a success: answer 2xx.")
    twin, text = probe.event()
    outcomes = probe.send_at_once([probe.request(twin, text, attempt=number) for number in (1, 2)])
    yield accepts("accepts the same event twice at the same moment", outcomes, "A unique key on the id helps.")
    yield Finding("keeps a repeated event once", Verdict.LOOK, f"{event_id} and {twin} came twice: look for one each.")


def order_and_gaps(probe: Probe) -> Iterator[Finding]:
    first, second = probe.event(chat="chat_a"), probe.event(chat="chat_b")
    outcomes = [probe.send(probe.request(*each)) for each in (second, first)]
    yield accepts("accepts chats in any order", outcomes, "Only within a chat is there an order.")
    probe.skip(3)
    event = probe.event()
    yield accepts("accepts an event after a gap", [probe.send(probe.request(*event))], "Take it, and fetch the gap.")
    missing = json.loads(event[1])["sequence"]
    sentence = f"The sequences {missing - 3} to {missing - 1} never came: look whether it noticed."
    yield Finding("notices a gap", Verdict.LOOK, sentence)


def password(probe: Probe) -> Iterator[Finding]:
    given = probe.credentials
    if given.password is None:
        yield Finding("refuses a wrong password", Verdict.SKIPPED, "No --password was given.")
        return
    for name, wrong in (("a wrong password", f"{given.password}x"), ("no password", None)):
        request = probe.request(*probe.event(), credentials=replace(given, password=wrong))
        yield refuses(f"refuses {name}", probe.send(request), "Anybody who finds the URL can send you events.")


def signatures(probe: Probe) -> Iterator[Finding]:
    given = probe.credentials
    if not given.secrets:
        yield Finding("verifies signatures", Verdict.SKIPPED, "No --secret was given.")
        return
    other = replace(given, secrets=(new_signing_secret(),))
    yield refuses(
        "refuses a signature by another secret",
        probe.send(probe.request(*probe.event(), credentials=other)),
        "Verify webhook-signature: see docs/receivers/signatures.md.",
    )
    request = probe.request(*probe.event())
    altered = replace(request, body=request.body.replace(b":", b": ", 1))
    yield refuses("refuses an altered body", probe.send(altered), "Sign the raw body, not parsed JSON.")
    without = {name: value for name, value in request.headers.items() if name != "webhook-signature"}
    outcome = probe.send(replace(request, headers=without))
    yield refuses("refuses a request without a signature", outcome, "A header that is not there fits nothing.")
    old = probe.request(*probe.event(), age=OLD_SECONDS)
    yield refuses(
        "refuses an old timestamp", probe.send(old), "Refuse what is older than five minutes: it is replayed."
    )
    both = replace(given, secrets=(new_signing_secret(), *given.secrets))
    outcome = probe.send(probe.request(*probe.event(), credentials=both))
    yield accepts("accepts two signatures of which one fits", [outcome], "Else a rotation of the secret stops you.")


def slowness(probe: Probe) -> Iterator[Finding]:
    """A network that is slow, and a sender that did not wait."""
    outcome = probe.trickle(probe.request(*probe.event()))
    yield accepts(
        "accepts a body that comes slowly, in pieces", [outcome], "Read as many bytes as content-length says."
    )
    event_id, text = probe.event()
    probe.hang_up(probe.request(event_id, text))
    outcome = probe.send(probe.request(event_id, text, attempt=2))
    fix = "After a timeout HAPP is gone and tries again: neither may break you."
    yield accepts("accepts an event again whose answer nobody read", [outcome], fix)
    yield Finding("keeps an event once whose answer nobody read", Verdict.LOOK, f"Look for one {event_id}.")


def load(probe: Probe) -> Iterator[Finding]:
    data = sample_data("message.received", "telegram", "2026-05-25T11:30:07.412Z")
    event_id = new_event_id()
    text = probe.text(event_id, "message.received", "telegram", "chat_1", {**data, "note": "ї" * LARGE_CHARACTERS})
    outcome = probe.send(probe.request(event_id, text))
    yield accepts("accepts a large event", [outcome], "Allow bodies of at least 1 MiB.")
    requests = [probe.request(*probe.event(chat=f"chat_{number}")) for number in range(AT_ONCE)]
    yield accepts(f"accepts {AT_ONCE} chats at once", probe.send_at_once(requests), "HAPP sends chats in parallel.")
    times = sorted(probe.send(probe.request(*probe.event())).response_ms for _ in range(QUICK))
    slow = times[-2]
    verdict = Verdict.OK if slow <= SLOW_MS else Verdict.BAD
    yield Finding("is quick", verdict, f"{slow} ms for 19 of {QUICK} events; aim well below the limit of 5,000 ms.")


SCENES: Final[tuple[Scene, ...]] = (
    ping,
    every_type,
    unknown,
    duplicates,
    order_and_gaps,
    password,
    signatures,
    slowness,
    load,
)
