"""The steps of the smoke test, in their order. A step's first line is what it proves."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from standardwebhooks import Webhook, WebhookVerificationError

from config.demo.scene import PASSWORD, Scene, UnexpectedError, expect, wait_for
from happ_webhooks.wire.envelope import CHANNELS

Step = Callable[[Scene], None]
ONE_CHAT = ("viber", "chat_one")


def refuses_a_wrong_password(scene: Scene) -> None:
    """Connect with a wrong password: the receiver's 401 is shown and nothing is saved"""
    answer = scene.connect("wrong")
    expect("The status of connecting", answer.status, 422)
    expect("The problem's code", answer.body["code"], "ping_failed")
    expect("The attempt's status code", answer.body["attempt"]["status_code"], 401)
    expect("The tile's status", scene.tile()["status"], "not_connected")


def connects(scene: Scene) -> None:
    """Connect with the right password: the tile says connected"""
    answer = scene.connect(PASSWORD)
    expect(f"The status of connecting ({answer.text})", answer.status, 200)
    expect("The tile's status", answer.body["status"], "connected")
    scene.secret = scene.manage("GET", "/signing-secret").body["signing_secret"]
    scene.control(secret=scene.secret)
    scene.forget_arrivals()


def delivers_in_order(scene: Scene) -> None:
    """20 events on five channels arrive in the order of their chats, signed"""
    accepted = scene.record((channel, f"chat_{channel}") for _ in range(4) for channel in CHANNELS)
    expect("The states of the events", {one["state"] for one in accepted}, {"queued"})
    wait_for("The sequences that arrived", lambda: sorted(scene.taken()), sequences(accepted))
    by_chat = defaultdict(list)
    for arrival in scene.arrivals():
        check_signature(scene.secret, arrival)
        by_chat[arrival["channel"], arrival["chat"]].append(arrival["sequence"])
    expect("The number of chats", len(by_chat), len(CHANNELS))
    for chat, arrived in by_chat.items():
        expect(f"The order in {chat}", arrived, sorted(arrived))


def retries_in_order(scene: Scene) -> None:
    """A receiver that fails twice gets the same event again, and the chat keeps its order"""
    scene.forget_arrivals()
    scene.control(mode="fail_first", fail_first=2)
    accepted = scene.record([ONE_CHAT] * 5)
    wait_for("The sequences taken", scene.taken, sequences(accepted))
    first = accepted[0]
    tries = [(one["sequence"], one["status"]) for one in scene.arrivals()][:3]
    expect(
        "The first three tries", tries, [(first["sequence"], 500), (first["sequence"], 500), (first["sequence"], 200)]
    )
    bodies = {one["body"] for one in scene.arrivals() if one["id"] == first["id"]}
    expect("The number of different bodies of one event", len(bodies), 1)
    wait_for("The errors in its log", lambda: errors(scene, first["id"]), ["HTTP_500", "HTTP_500", None])


def cuts_a_hanging_receiver(scene: Scene) -> None:
    """A receiver that hangs is cut at 5 s, and the event is delivered once it answers"""
    scene.control(mode="hang")
    event = scene.record([ONE_CHAT])[0]
    wait_for("The errors in its log", lambda: errors(scene, event["id"])[:1], ["TIMEOUT"])
    scene.control(mode="200")
    milliseconds = scene.delivery(event["id"])["attempts"][0]["response_ms"]
    expect(f"4900 to 5300 ms, which {milliseconds} is", 4900 <= milliseconds <= 5300, True)
    wait_for("The delivery's status", lambda: scene.delivery(event["id"])["status"], "delivered")


def stops_at_the_ceiling(scene: Scene) -> None:
    """A receiver that goes on failing ends in stopped, and what it missed is a gap"""
    scene.forget_arrivals()
    scene.control(mode="500")
    owed = scene.record([ONE_CHAT] * 3)
    wait_for("The tile's status", lambda: scene.tile()["status"], "stopped")
    expect("The tile's reason", scene.tile()["stop_reason"], "MAX_RETRIES_EXCEEDED")
    expect("The tries of the first event", len(errors(scene, owed[0]["id"])), 4)
    scene.dropped = {one["sequence"]: one["body"] for one in scene.arrivals()}
    missed = scene.record([ONE_CHAT])
    expect("The state of an event while stopped", missed[0]["state"], "recorded")
    expect("The reason of the gap", newest_gap(scene)["reason"], "MAX_RETRIES_EXCEEDED")
    expect("The first sequence of the gap", newest_gap(scene)["first_sequence"], owed[0]["sequence"])


def resumes_with_new_events_only(scene: Scene) -> None:
    """Disconnect and connect again: only new events flow"""
    scene.control(mode="200")
    expect("The status of disconnecting", scene.manage("DELETE").status, 204)
    expect("The tile's status", scene.tile()["status"], "not_connected")
    expect("The status of connecting", scene.connect(PASSWORD).status, 200)
    scene.forget_arrivals()
    accepted = scene.record([ONE_CHAT, ("telegram", "chat_two")])
    wait_for("The sequences taken", lambda: sorted(scene.taken()), sequences(accepted))
    time.sleep(0.7)  # What must not come would have come by now.
    expect("The sequences taken a little later", sorted(scene.taken()), sequences(accepted))


def closes_the_gap(scene: Scene) -> None:
    """The gap is fetched through the back-fill API, byte for byte"""
    gap = newest_gap(scene)
    first, last = gap["first_sequence"], gap["last_sequence"]
    expect("The number of events in the gap", gap["count"], last - first + 1)
    answer = scene.backfill(first - 1, last)
    expect("The status of the back-fill", answer.status, 200)
    expect("Its sequences", sequences(answer.body["data"]), list(range(first, last + 1)))
    for sequence, body in scene.dropped.items():
        expect(f"Event {sequence} back-filled as it was POSTed", body in answer.text, True)


STEPS: Final[Sequence[Step]] = (
    refuses_a_wrong_password,
    connects,
    delivers_in_order,
    retries_in_order,
    cuts_a_hanging_receiver,
    stops_at_the_ceiling,
    resumes_with_new_events_only,
    closes_the_gap,
)


def sequences(events: Sequence[dict[str, Any]]) -> list[int]:
    return [event["sequence"] for event in events]


def errors(scene: Scene, event_id: str) -> list[str | None]:
    """The error of each try so far; empty while the log does not have the event."""
    return [one["error"] for one in scene.delivery(event_id).get("attempts", [])]


def newest_gap(scene: Scene) -> dict[str, Any]:
    gaps: list[dict[str, Any]] = scene.manage("GET", "/gaps").body["data"]
    return max(gaps, key=lambda gap: gap["first_sequence"])


def check_signature(secret: str, arrival: dict[str, Any]) -> None:
    """Judged by the reference library, and by the receiver's own reading of the specification."""
    expect(f"The receiver's verdict on {arrival['id']}", arrival["signature"], "valid")
    try:
        Webhook(secret).verify(arrival["body"], arrival["headers"])
    except WebhookVerificationError as problem:
        raise UnexpectedError(
            f"The signature of {arrival['id']}\n  expected: valid\n  seen:     {problem}"
        ) from problem
