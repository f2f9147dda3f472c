"""A shop on a running installation: its source of events, and its receiver."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from config.demo.client import NoAnswerError, call
from tests.ops.cluster import wait_for
from tests.receiver import Receiver

BATCH = 50
CHATS = 5
UNAVAILABLE = 503


@dataclass
class Shop:
    """`facts` is the ready file of the installation."""

    facts: dict[str, Any]
    receiver: Receiver

    def connect(self) -> None:
        answer = call("PUT", self._url("chat-webhook"), {"url": self.receiver.url}, token=self.facts["manage_token"])
        assert answer.status == 200, answer.text

    def post(self, numbers: Sequence[int], chat: str = "") -> list[dict[str, Any]]:
        """One event for each number, whose source_id it is; what the API says of each: id, sequence, state."""
        said: list[dict[str, Any]] = []
        for start in range(0, len(numbers), BATCH):
            events = [_event(number, chat) for number in numbers[start : start + BATCH]]
            wait_for(lambda events=events: self._taken(events, said), "an event to be taken")
        return said

    def _taken(self, events: list[dict[str, Any]], said: list[dict[str, Any]]) -> bool:
        """A source repeats what was not answered, or with 503."""
        try:
            answer = call("POST", self._url("events"), {"events": events}, token=self.facts["ingest_token"], timeout=5)
        except NoAnswerError:
            return False
        if answer.status == UNAVAILABLE:
            return False
        assert answer.status == 202, answer.text
        said += answer.body["accepted"]
        return True

    def arrived(self) -> Counter[str]:
        """How often each webhook-id arrived."""
        return Counter(each.headers["webhook-id"] for each in list(self.receiver.arrivals) if not each.is_ping)

    def wait_for(self, said: Sequence[dict[str, Any]], times: int = 1) -> float:
        """Seconds until each of these arrived so often."""
        return wait_for(lambda: all(self.arrived()[each["id"]] >= times for each in said), "arrivals")

    def _url(self, below: str) -> str:
        return f"{self.facts['web']}/api/v1/workspaces/{self.facts['workspace_id']}/{below}"


def _event(number: int, chat: str) -> dict[str, Any]:
    return {
        "source_id": f"source-{number}",
        "type": "message.received",
        "channel": "telegram",
        "chat_id": chat or f"chat_{number % CHATS}",
        "occurred_at": datetime.now(UTC).isoformat(),
        "data": {"message": {"id": f"m-{number}", "text": "Доброго дня!"}, "sender": {"name": "Олена"}},
    }
