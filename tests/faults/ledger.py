"""What was accepted and what arrived, checked as it happens: the promises about arrivals, as code that can fail."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

# What an answer may have waited for its recording when its courier was hit, in seconds: promise 5 says a quarter. The
# rest is what a busy machine puts between our sending a 2xx and the courier's reading it.
UNRECORDED_AT_MOST = 0.25
ON_THE_WAY = 0.25


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that the ingest API answered 202. Times are monotonic; `asked_at` is when it was first sent in."""

    id: str
    sequence: int
    workspace: str
    chat: str
    state: str
    asked_at: float
    answered_at: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """One POST at the receiver. `header_id` is its webhook-id, the rest its body's; `status` is None if unanswered."""

    at: float
    workspace: str
    chat: str
    sequence: int
    id: str
    header_id: str
    digest: str
    status: int | None

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Doubled:
    """An event that arrived at `arrived_at`, was answered 2xx at `accepted_at`, and came again at `again_at`."""

    id: str
    workspace: str
    arrived_at: float
    accepted_at: float
    again_at: float


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end` couriers were being killed, frozen or cut off: one moment, where it is known.

    `on_the_way` grows with a machine's other work.
    """

    start: float
    end: float
    on_the_way: float = ON_THE_WAY

    def excuses(self, doubled: Doubled) -> bool:
        """Whether its 2xx may have gone unrecorded because of this.

        It came at most that long before, or its request was on the way and unanswered then.
        """
        recorded_before = doubled.accepted_at < self.start - UNRECORDED_AT_MOST - self.on_the_way
        sent_after = doubled.arrived_at > self.end + self.on_the_way
        return not recorded_before and not sent_after


@dataclass
class Ledger:
    """Fed by the traffic's thread, read by others. `broken` has a sentence for each promise seen broken."""

    broken: list[str] = field(default_factory=list)
    accepted: dict[str, Accepted] = field(default_factory=dict)
    first: dict[str, Arrival] = field(default_factory=dict)
    doubled: list[Doubled] = field(default_factory=list)
    out_of_order: int = 0
    altered: int = 0
    arrivals: Counter[str] = field(default_factory=Counter)
    by_workspace: dict[str, list[Accepted]] = field(default_factory=dict)
    _last_at: dict[str, float] = field(default_factory=dict)
    _taken_at: dict[str, tuple[float, float]] = field(default_factory=dict)
    _newest: dict[tuple[str, str], int] = field(default_factory=dict)
    _outstanding: dict[str, dict[str, Accepted]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, event: Accepted) -> None:
        with self._lock:
            self.accepted[event.id] = event
            self.by_workspace.setdefault(event.workspace, []).append(event)
            if event.id not in self.first:
                self._outstanding.setdefault(event.workspace, {})[event.id] = event

    def arrive(self, arrival: Arrival) -> None:
        with self._lock:
            self.arrivals[arrival.workspace] += 1
            if arrival.header_id != arrival.id:
                self._alter(f"{arrival.id} came with the webhook-id {arrival.header_id}")
            known = self.first.get(arrival.id)
            if known is None:
                self._arrive_first(arrival)
            else:
                self._arrive_again(known, arrival)
            self._last_at[arrival.id] = arrival.at
            if arrival.accepted:
                self._taken_at.setdefault(arrival.id, (arrival.at, arrival.at))

    def take(self, event_id: str, at: float) -> None:
        """Its latest arrival was answered 2xx, some time after."""
        with self._lock:
            self._taken_at.setdefault(event_id, (self._last_at[event_id], at))

    def breach(self, what: str) -> None:
        """A promise was seen broken."""
        with self._lock:
            self.broken.append(what)

    def take_broken(self) -> list[str]:
        """What was seen broken since the last look; each sentence is handed out once."""
        with self._lock:
            broken, self.broken = self.broken, []
            return broken

    def _arrive_first(self, arrival: Arrival) -> None:
        self.first[arrival.id] = arrival
        self._outstanding.get(arrival.workspace, {}).pop(arrival.id, None)
        chat = (arrival.workspace, arrival.chat)
        newest = self._newest.get(chat, 0)
        if arrival.sequence < newest:
            self.out_of_order += 1
            self.broken.append(f"out of order: {arrival.sequence} came after {newest} in {chat}")
        self._newest[chat] = max(newest, arrival.sequence)

    def _arrive_again(self, known: Arrival, arrival: Arrival) -> None:
        if arrival.digest != known.digest:
            self._alter(f"{arrival.id} came again with other bytes")
        if arrival.id in self._taken_at:
            self.doubled.append(Doubled(arrival.id, arrival.workspace, *self._taken_at[arrival.id], arrival.at))

    def _alter(self, what: str) -> None:
        self.altered += 1
        self.broken.append(f"altered: {what}")

    def missing(self, accepted_before: float, workspaces: Sequence[str]) -> list[Accepted]:
        """What was owed to these workspaces by then and has not arrived even once."""
        with self._lock:
            return [
                event
                for workspace in workspaces
                for event in self._outstanding.get(workspace, {}).values()
                if event.answered_at < accepted_before and event.state != "recorded"
            ]

    def marks(self, workspaces: Sequence[str]) -> dict[str, int]:
        """The newest sequence that was answered, by workspace: what is up to there must be accounted for."""
        with self._lock:
            newest = {workspace: self.by_workspace.get(workspace, []) for workspace in workspaces}
            return {workspace: events[-1].sequence for workspace, events in newest.items() if events}

    def taken(self, event_id: str) -> bool:
        """Whether an arrival of it was answered 2xx."""
        with self._lock:
            return event_id in self._taken_at

    def unexcused(self, windows: Sequence[Window], since: int = 0) -> list[Doubled]:
        """The doubled ones, from number `since` on, that no window excuses."""
        with self._lock:
            return [one for one in self.doubled[since:] if not any(window.excuses(one) for window in windows)]
