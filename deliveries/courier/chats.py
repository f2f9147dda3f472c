"""Which event goes next: at most one of a chat in flight, a chat whose head failed waits, all in sequence order."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from deliveries.courier.owed import Owed
from deliveries.standing import Health

FULL = 64


@dataclass
class Chat:
    """One conversation's events in memory. `more`: some of its events were passed over and wait in the database."""

    queue: deque[Owed] = field(default_factory=deque)
    last: int = 0
    in_flight: bool = False
    more: bool = False


class Chats:
    """The courier's picture of what it owes."""

    def __init__(self) -> None:
        self._chats: dict[str, Chat] = {}
        self._failing: dict[str, Owed] = {}
        self._ready: deque[str] = deque()
        self._due: deque[Owed] = deque()
        self._due_turn = False
        self.queued = 0
        self.queued_bytes = 0

    def add_failing(self, heads: Iterable[Owed]) -> None:
        for head in heads:
            self._failing[head.chat] = head
            self._chats.setdefault(head.chat, Chat(last=head.sequence, more=True))

    def add(self, events: Iterable[Owed]) -> None:
        """New events, in sequence order."""
        for event in events:
            chat = self._chats.setdefault(event.chat, Chat())
            if event.sequence <= chat.last:
                continue
            chat.queue.append(event)
            chat.last = event.sequence
            self._count(event, 1)
            if len(chat.queue) == 1 and not chat.in_flight and event.chat not in self._failing:
                self._ready.append(event.chat)

    def passed(self) -> list[str]:
        """Chats whose new events a claim leaves out: those that wait, and those with plenty in memory."""
        full = [key for key, chat in self._chats.items() if chat.more or len(chat.queue) >= FULL]
        for key in full:
            self._chats[key].more = True
        return full

    def refresh(self, health: Health, now: datetime) -> None:
        """Which failing heads may be tried now. While the endpoint is down that is only the oldest one."""
        heads = sorted(self._failing.values(), key=lambda head: head.sequence)
        if health.down_since is not None:
            heads = heads[:1]
        self._due = deque(head for head in heads if not self._chats[head.chat].in_flight and _is_due(head, health, now))

    def has_next(self, health: Health, now: datetime) -> bool:
        """Whether `next` has an event to give."""
        return not health.is_paused(now) and (bool(self._due) or (health.down_since is None and bool(self._ready)))

    def next(self, health: Health, now: datetime) -> Owed | None:
        """The next event to send, marked as in flight."""
        if not self.has_next(health, now):
            return None
        # In turn, so that many heads that go on failing do not hold up the chats behind which nothing fails.
        self._due_turn = not self._due_turn
        if self._due and (self._due_turn or health.down_since is not None or not self._ready):
            return self._start(self._due.popleft())
        event = self._chats[self._ready.popleft()].queue.popleft()
        self._count(event, -1)
        return self._start(event)

    def _count(self, event: Owed, change: int) -> None:
        self.queued += change
        self.queued_bytes += change * len(event.body)

    def pick(self, event: Owed) -> None:
        """Marks an event that was read by its id as in flight."""
        chat = self._chats.setdefault(event.chat, Chat(last=event.sequence, more=True))
        chat.in_flight = True

    def _start(self, event: Owed) -> Owed:
        self._chats[event.chat].in_flight = True
        return event

    def hold(self, event: Owed) -> None:
        """Its try failed: the chat waits behind it."""
        self._failing[event.chat] = event
        chat = self._chats[event.chat]
        chat.in_flight = False
        # What follows is read again when its turn comes; memory holds what can be sent.
        if chat.queue:
            chat.last = chat.queue[0].sequence - 1
        while chat.queue:
            self._count(chat.queue.pop(), -1)
        chat.more = True

    def advance(self, event: Owed) -> None:
        """It is settled: the chat goes on."""
        self._failing.pop(event.chat, None)
        chat = self._chats[event.chat]
        chat.in_flight = False
        if chat.queue:
            self._ready.append(event.chat)

    def hungry(self) -> list[tuple[str, int]]:
        """Chats that can go on, with the sequence after which their events wait in the database."""
        return [
            (key, chat.last)
            for key, chat in self._chats.items()
            if chat.more and not chat.queue and not chat.in_flight and key not in self._failing
        ]

    def fed(self, key: str, events: list[Owed], *, more: bool) -> None:
        self.add(events)
        self._chats[key].more = more

    def has_new(self) -> bool:
        return bool(self._ready)

    def next_due(self, health: Health) -> datetime | None:
        """When the earliest waiting try is due, by the rules of the moment."""
        heads = sorted(self._failing.values(), key=lambda head: head.sequence)
        if health.down_since is not None:
            heads = heads[:1]
        return min((due for head in heads if (due := head.standing.due_at(health)) is not None), default=None)


def _is_due(head: Owed, health: Health, now: datetime) -> bool:
    """Due by now, and read with its text."""
    due = head.standing.due_at(health)
    return bool(head.body) and (due is None or due <= now)
