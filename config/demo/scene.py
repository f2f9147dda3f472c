"""What the smoke test sees and does: a workspace through the REST API, and the receiver through its control API."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from config.demo.client import Answer, call
from happ_webhooks.wire.envelope import utc_milliseconds
from happ_webhooks.wire.samples import sample_data

PASSWORD = "demo"  # noqa: S105 - printed on the receiver's page
STEP_SECONDS = 12.0


class UnexpectedError(Exception):
    """The product did something else than it promises; the text has what was expected and what was seen."""


def expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise UnexpectedError(f"{what}\n  expected: {wanted!r}\n  seen:     {seen!r}")


def wait_for(what: str, probe: Callable[[], object], wanted: object, seconds: float = STEP_SECONDS) -> None:
    limit = time.monotonic() + seconds
    while (seen := probe()) != wanted:
        if time.monotonic() > limit:
            expect(f"{what}, within {seconds} s", seen, wanted)
        time.sleep(0.05)


@dataclass
class Scene:
    """`facts` are the ready file's. `dropped` are bodies of events that the product gave up on, by sequence."""

    facts: Mapping[str, Any]
    secret: str = ""
    recorded: int = 0
    dropped: dict[int, str] = field(default_factory=dict)

    @property
    def web(self) -> str:
        return str(self.facts["web"])

    @property
    def workspace(self) -> str:
        return f"{self.web}/api/v1/workspaces/{self.facts['workspace_id']}"

    def manage(self, method: str, path: str = "", body: object = None) -> Answer:
        """One call to the tile's API; `path` goes on after /chat-webhook."""
        return call(method, f"{self.workspace}/chat-webhook{path}", body, token=self.facts["manage_token"])

    def connect(self, password: str) -> Answer:
        return self.manage("PUT", "", {"url": f"{self.facts['receiver']}/happ", "password": password})

    def tile(self) -> Any:
        return self.manage("GET").body

    def delivery(self, event_id: str) -> Any:
        return self.manage("GET", f"/deliveries/{event_id}").body

    def backfill(self, after: int, until: int) -> Answer:
        url = f"{self.workspace}/events?after={after}&until={until}&limit=500"
        return call("GET", url, token=self.facts["backfill_token"])

    def record(self, places: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
        """Hand a message to HAPP for each (channel, chat), in order, as one batch; what it says was accepted."""
        answer = call(
            "POST",
            f"{self.workspace}/events",
            {"events": [self._message(channel, chat) for channel, chat in places]},
            token=self.facts["ingest_token"],
        )
        expect(f"The status of recording events ({answer.text})", answer.status, 202)
        accepted: list[dict[str, Any]] = answer.body["accepted"]
        return accepted

    def _message(self, channel: str, chat: str) -> dict[str, Any]:
        self.recorded += 1
        at = utc_milliseconds(datetime.now(UTC))
        return {
            "source_id": f"smoke_{self.recorded}",
            "type": "message.received",
            "channel": channel,
            "chat_id": chat,
            "occurred_at": at,
            "data": sample_data("message.received", channel, at),
        }

    def control(self, **settings: object) -> None:
        expect("The receiver's control", call("POST", f"{self.facts['receiver']}/control", settings).status, 200)

    def arrivals(self) -> list[dict[str, Any]]:
        """The events that arrived since `forget_arrivals`, pings left out, each try by itself."""
        everything = call("GET", f"{self.facts['receiver']}/arrivals").body
        return [one for one in everything if not one["test"]]

    def taken(self) -> list[int]:
        """The sequences that the receiver answered with 200, in the order of arrival."""
        return [one["sequence"] for one in self.arrivals() if one["status"] == 200]

    def forget_arrivals(self) -> None:
        call("DELETE", f"{self.facts['receiver']}/arrivals")
