"""One workspace with the real services, on a real database; its endpoint, broker and clock are the test's own."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database

from deliveries import connections, sending, tasks, wakes
from deliveries.courier import judging, recording, window
from deliveries.courier import post as courier_post
from deliveries.courier import run as courier_run
from deliveries.intake import Accepted, take_in
from deliveries.models import Connection, Delivery, DeliveryAttempt, Gap
from happ_webhooks.history.events import IncomingEvent
from happ_webhooks.history.models import ChatEvent, Workspace
from happ_webhooks.history.problems import Problem
from happ_webhooks.wire import ladder
from happ_webhooks.wire.ladder import Ladder
from happ_webhooks.wire.outcome import INTERNAL, Outcome
from integrations import connecting, pinging
from integrations.models import Integration
from tests.model.breaking import Killed, Strike, breaking
from tests.model.clock import Clock, virtual_clock
from tests.model.endpoint import Endpoint, Post, Script, answered
from tests.model.snapshot import snapshot
from tests.model.watch import Owed, Visit, Watch

LADDER = Ladder((10, 44, 120))


class Threads:
    """The window's threads, which can be waited for: what a killed courier had on the wire still arrives."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(32)
        self._futures: list[Future[None]] = []

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        self._futures.append(self._pool.submit(work, *arguments))

    def join(self) -> None:
        wait(self._futures)
        self._futures.clear()

    def close(self) -> None:
        self._pool.shutdown()


class World:
    """`answers` says what the endpoint answers: by chat, for pings, or else. `wakes` and `countdowns` are the broker.

    `decide`, if set, answers instead.

    `during_post` runs once, in the middle of the next POST of an event; `before_post` once before one starts.
    """

    def __init__(self, clock: Clock, threads: Threads, *, width: int) -> None:
        self.clock = clock
        self.threads = threads
        self.width = width
        self.endpoint = Endpoint(self._script)
        self.watch = Watch(clock.now)
        self.workspace_id = Workspace.objects.create(name="Кав'ярня").pk
        self.generation = 0
        self.is_open = False
        self.edits = 0
        self.answers: dict[str, Outcome] = {}
        self.decide: Script | None = None
        self.wakes: deque[int] = deque()
        self.countdowns: list[tuple[float, int]] = []
        self.during_post: Callable[[], None] | None = None
        self.before_post: Callable[[], None] | None = None
        self.on_visit: Callable[[Visit, Strike | None], None] | None = None
        self.breaks = 0
        self.died = 0
        self._hooks = 0
        self._sources = count(1)
        self._local = threading.local()

    @property
    def connection_id(self) -> int:
        """The newest connection, open or not."""
        found = connections.latest(self.workspace_id)
        assert found is not None
        return found.pk

    # What people and HAPP do.

    def connect(self) -> bool:
        """False if the endpoint refused the ping; then nothing changes."""
        self.edits += 1
        url = f"https://shop.example.com/{self.generation + 1}/{self.edits}"
        try:
            connecting.connect(self.workspace_id, url=url, password="s3cret")
        except Problem as problem:
            self._expect(problem, "ping_failed", "rate_limited")
            return False
        self._closed()
        self.generation += 1
        self.is_open = True
        self._lives_at(url)
        return True

    def change_settings(self) -> bool:
        self.edits += 1
        url = f"https://shop.example.com/{self.generation}/{self.edits}"
        try:
            connecting.change_settings(self.workspace_id, url=url)
        except Problem as problem:
            self._expect(problem, "ping_failed", "rate_limited", "not_connected", "stopped")
            return False
        self._lives_at(url)
        return True

    def _expect(self, problem: Problem, *codes: str) -> None:
        if problem.problem_code not in codes:
            self.watch.faults.append(f"a person was told {problem.problem_code}")

    def disconnect(self) -> None:
        connecting.disconnect(self.workspace_id)
        self._closed()

    def test_ping(self) -> None:
        with suppress(Problem):
            pinging.send_test_ping(self.workspace_id)

    def _lives_at(self, url: str) -> None:
        self.watch.generation_of[url] = self.generation

    def _closed(self) -> None:
        self.is_open = False
        self.watch.ended.setdefault(self.generation, self.clock.now())

    def record(self, *chats: str, sources: Sequence[str] = ()) -> list[Accepted]:
        """One event in each of these chats, in order."""
        sources = sources or [f"source-{next(self._sources)}" for _ in chats]
        events = [
            IncomingEvent(
                source_id=source,
                type="message.received",
                channel="telegram",
                chat_id=chat,
                occurred_at=datetime(2026, 5, 25, tzinfo=UTC),
                data={"message": {"text": "Доброго дня!"}},
            )
            for chat, source in zip(chats, sources, strict=True)
        ]
        taken = take_in(self.workspace_id, events)
        bodies = dict(ChatEvent.objects.filter(workspace_id=self.workspace_id).values_list("id", "body"))
        for accepted, event in zip(taken, events, strict=True):
            if accepted.state != "duplicate":
                generation = self.generation if accepted.state == "queued" else 0
                self.watch.accepted[accepted.id] = Owed(
                    accepted.id, accepted.sequence, event.chat_id, bodies[accepted.id].encode(), generation
                )
        return taken

    # What the broker, the couriers and the clock do.

    def send_wake(self, connection_id: int, *, troubled: bool) -> None:
        self.wakes.append(connection_id)

    def deliver(self, connection_id: int, strike: Strike | None = None, *, disturbed: bool = False) -> Visit:
        """One run of the courier's task, killed or cut off where `strike` says."""
        visit = Visit(connection_id, snapshot(connection_id), strict=self.width == 1, disturbed=disturbed)
        outer, self._local.visit = getattr(self._local, "visit", None), visit
        try:
            self._deliver(connection_id, strike)
        finally:
            self._local.visit = outer
        if not self._hooks:
            self.threads.join()
        self._note_stop()
        if self.on_visit is not None:
            self.on_visit(visit, strike)
        return visit

    def _deliver(self, connection_id: int, strike: Strike | None) -> None:
        if strike is None:
            tasks.deliver.run(connection_id)
            return
        with suppress(OperationalError, InterfaceError, Killed), breaking(strike):
            tasks.deliver.run(connection_id)
        self.breaks += strike.struck

    def _note_stop(self) -> None:
        found = connections.latest(self.workspace_id)
        if found is not None and not found.is_open and found.number == self.generation and self.is_open:
            self._closed()

    def run_wakes(self, limit: int = 200) -> None:
        """Couriers come by until no wake is left."""
        while self.wakes:
            limit -= 1
            assert limit, "the couriers never come to rest"
            self.deliver(self.wakes.popleft())

    def run_countdowns(self) -> None:
        due = [each for each in self.countdowns if each[0] <= self.clock.now()]
        self.countdowns = [each for each in self.countdowns if each not in due]
        for _, connection_id in due:
            self.deliver(connection_id)

    def sweep(self) -> None:
        tasks.sweep.run()

    def live(self, seconds: float, step: float = 3.0, until: Callable[[], bool] = lambda: False) -> float:
        """Time goes by with a sweep every `step` seconds and couriers on time; returns how long it was.

        Ends early at the first step after which `until` holds. What the test itself takes is not counted.
        """
        lasted = 0.0
        while not until() and lasted < seconds:
            self.clock.advance(step)
            lasted += step
            self.sweep()
            self.run_countdowns()
            self.run_wakes()
        return lasted

    def retry(self, countdown: float) -> None:
        visit = self._local.visit
        self.countdowns.append((self.clock.now() + countdown, visit.connection_id))

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        """The window starts a POST: the thread that sends belongs to the same visit."""
        visit = self._local.visit

        def sends() -> None:
            self._local.visit = visit
            try:
                work(*arguments)
            finally:
                database.close()

        self.threads.submit(sends)

    # What the endpoint does.

    def _script(self, post: Post) -> Outcome:
        visit: Visit | None = getattr(self._local, "visit", None)
        outcome = self._outcome(post)
        if visit is None or post.url not in self.watch.generation_of:
            return outcome
        try:
            self.watch.starts(post, visit, self._local.took_up)
            if not post.is_ping:
                self._happens("during_post", visit)
            self.watch.ends(post, visit, outcome)
        except Exception as bug:
            self.watch.faults.append(f"the test itself failed: {bug!r}")
        return outcome

    def _outcome(self, post: Post) -> Outcome:
        if self.decide is not None:
            return self.decide(post)
        key = "ping" if post.is_ping else post.chat
        return self.answers.get(key) or self.answers.get("") or answered(200)

    def about_to_post(self) -> None:
        self._happens("before_post", self._local.visit)
        self._local.took_up = self.clock.now()

    def _happens(self, moment: str, visit: Visit) -> None:
        """What a test wants to happen at this moment, once, as if in another process."""
        happens: Callable[[], None] | None = getattr(self, moment)
        if happens is None:
            return
        setattr(self, moment, None)
        visit.disturbed, self._local.visit = True, None
        # Counted: in what happens, something may happen again.
        self._hooks += 1
        try:
            happens()
        finally:
            self._hooks -= 1
            self._local.visit = visit

    def died_on(self, event_id: str) -> None:
        """A courier counts the event on which others died as failed."""
        visit: Visit = self._local.visit
        event = visit.reference.events.get(event_id)
        if event is not None and event.status == "pending":
            self.died += 1
            visit.reference.event_answered(event, Outcome(error=INTERNAL), self.clock.now(), counts=True)
            visit.answered()

    def forget(self) -> None:
        """Nothing of this world is left for the next one."""
        of_us = {"workspace_id": self.workspace_id}
        DeliveryAttempt.objects.filter(connection__workspace_id=self.workspace_id).delete()
        Gap.objects.filter(connection__workspace_id=self.workspace_id).delete()
        for model in (Delivery, Connection, Integration, ChatEvent):
            model._default_manager.filter(**of_us).delete()
        Workspace.objects.filter(pk=self.workspace_id).delete()


class Worlds:
    """Makes worlds, one at a time, in one set-up of clock, threads and seams."""

    def __init__(self, clock: Clock, threads: Threads, set_width: Callable[[int], None]) -> None:
        self.clock = clock
        self._threads = threads
        self._set_width = set_width
        self.current: World | None = None

    def new(self, *, width: int = 1) -> World:
        self._set_width(width)
        self.current = World(self.clock, self._threads, width=width)
        return self.current


@contextmanager
def worlds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worlds]:
    """The seams: sender, broker, threads, clock, and delays without jitter."""
    threads = Threads()
    with virtual_clock(monkeypatch) as clock:
        made = Worlds(clock, threads, lambda width: monkeypatch.setattr(courier_run, "WIDEST_WINDOW", width))

        def here() -> World:
            assert made.current is not None
            return made.current

        real_post, real_health = courier_post.post, judging.health_of

        def post(*arguments: Any) -> Any:
            here().about_to_post()
            return real_post(*arguments)

        def health_of(connection: Connection) -> Any:
            health = real_health(connection)
            health.window = min(health.window, here().width)
            return health

        real_suspect = courier_run.Run._count_suspect

        def count_suspect(run: courier_run.Run) -> None:
            if run.suspect:
                here().died_on(run.suspect)
            real_suspect(run)

        class Window:
            submit = staticmethod(lambda work, *arguments: here().submit(work, *arguments))

        class Sender:
            post = staticmethod(lambda url, headers, body: here().endpoint.post(url, headers, body))

        monkeypatch.setattr(settings, "HAPP_RETRY_LADDER", LADDER)
        monkeypatch.setattr(ladder, "JITTER", 0.0)
        monkeypatch.setattr(recording, "ASK_AGAIN", 0.001)
        monkeypatch.setattr(courier_run.Run, "_count_suspect", count_suspect)
        monkeypatch.setattr(courier_run, "post", post)
        monkeypatch.setattr(courier_run, "health_of", health_of)
        monkeypatch.setattr(window, "_threads", Window)
        monkeypatch.setattr(sending, "sender", Sender)
        monkeypatch.setattr(
            wakes, "send", lambda pk, *, troubled, unserved=False: here().send_wake(pk, troubled=troubled)
        )
        monkeypatch.setattr(tasks, "_retry", lambda task, countdown: here().retry(countdown))
        yield made
        threads.join()
        threads.close()
