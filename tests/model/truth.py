"""What must be true of a workspace at every moment, whatever happened; each breach is a sentence."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from deliveries.gaps import GapView, gaps_of
from deliveries.log import as_settled
from deliveries.models import Connection, Delivery, DeliveryAttempt
from happ_webhooks.history.models import ChatEvent, Workspace
from integrations.tile import tile
from tests.model.reference import BLUR
from tests.model.snapshot import seconds, snapshot
from tests.model.watch import Owed
from tests.model.world import World

UNDELIVERED = {"dropped", "cancelled"}


class Truth:
    """The workspace as the database, the log, the gaps and the tile have it, beside what the test saw."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.workspace = Workspace.objects.get(pk=world.workspace_id)
        found = Delivery.objects.filter(workspace=self.workspace).select_related("connection")
        self.deliveries = {each.pk: each for each in as_settled(found)}
        self.stands = {key: str(each.stands) for key, each in self.deliveries.items()}  # type: ignore[attr-defined]
        self.connection = Connection.objects.filter(workspace=self.workspace).order_by("-number").first()
        self.attempts: dict[str, list[DeliveryAttempt]] = {}
        tried = DeliveryAttempt.objects.filter(connection__workspace=self.workspace)
        for attempt in tried.order_by("number", "id"):
            self.attempts.setdefault(attempt.delivery_id, []).append(attempt)

    def breaches(self) -> Iterator[str]:
        yield from self.world.watch.faults
        checks: list[Callable[[], Iterator[str]]] = [
            self._nothing_is_lost,
            self._order_holds,
            self._attempts_are_what_was_sent,
            self._gaps_are_what_was_not_delivered,
            self._tile_is_true,
            self._somebody_will_look,
        ]
        for check in checks:
            yield from check()

    def _accepted(self) -> list[Owed]:
        return sorted(self.world.watch.accepted.values(), key=lambda owed: owed.sequence)

    def _nothing_is_lost(self) -> Iterator[str]:
        accepted = self._accepted()
        numbers = list(ChatEvent.objects.filter(workspace=self.workspace).values_list("sequence", flat=True))
        if sorted(numbers) != list(range(1, self.workspace.last_sequence + 1)):
            yield f"the sequence has gaps: {sorted(numbers)}"
        if [owed.sequence for owed in accepted] != sorted(numbers):
            yield "what was accepted is not what is recorded"
        queued = {owed.id for owed in accepted if owed.generation}
        if queued != self.deliveries.keys():
            yield f"{len(queued)} events are queued, {len(self.deliveries)} deliveries are owed"
        for owed in accepted:
            delivery = self.deliveries.get(owed.id)
            if delivery is not None and delivery.connection.number != owed.generation:
                yield f"event {owed.sequence} changed its connection"
        yield from self._nothing_counts_that_was_not_accepted()

    def _nothing_counts_that_was_not_accepted(self) -> Iterator[str]:
        for key, stands in self.stands.items():
            answers = [sight.outcome.accepted for sight in self.world.watch.posts_of(key)]
            if stands == "delivered" and not any(answers):
                yield f"event {self.deliveries[key].sequence} counts as delivered, but nobody accepted it"
            if answers.count(True) > 1 + self.world.breaks:
                yield f"event {self.deliveries[key].sequence} was sent again after a 2xx, without a reason"

    def _order_holds(self) -> Iterator[str]:
        first: dict[tuple[int, str], list[int]] = {}
        for sight in self.world.watch.sights:
            if sight.event_id:
                owed = self.world.watch.accepted[sight.event_id]
                arrived = first.setdefault((sight.generation, owed.chat), [])
                if owed.sequence not in arrived:
                    arrived.append(owed.sequence)
        for (generation, chat), arrived in first.items():
            if arrived != sorted(arrived):
                yield f"{chat} of generation {generation} arrived as {arrived}"

    def _attempts_are_what_was_sent(self) -> Iterator[str]:
        unlogged = 0
        for key, delivery in self.deliveries.items():
            logged = self.attempts.get(key, [])
            numbers = [attempt.number for attempt in logged]
            if numbers != list(range(1, delivery.attempts + 1)):
                yield f"event {delivery.sequence} has {delivery.attempts} attempts, the log has {numbers}"
            sent = Counter(sight.outcome.error or "" for sight in self.world.watch.posts_of(key))
            found = Counter(attempt.error for attempt in logged)
            more = found - sent
            if more and (set(more) != {"INTERNAL"} or more.total() > self.world.died):
                yield f"the log of event {delivery.sequence} has tries that were never made: {dict(more)}"
            unlogged += (sent - found).total()
        if unlogged > self.world.breaks * self.world.width * 128:
            yield f"{unlogged} answers are not in the log"
        if unlogged and not self.world.breaks:
            yield f"{unlogged} answers are not in the log, though no courier broke off"

    def _gaps_are_what_was_not_delivered(self) -> Iterator[str]:
        missed = {self.deliveries[key].sequence for key, stands in self.stands.items() if stands in UNDELIVERED}
        first = Connection.objects.filter(workspace=self.workspace, number=1).first()
        if first is not None:
            unconnected = (owed.sequence for owed in self._accepted() if not owed.generation)
            missed |= {sequence for sequence in unconnected if sequence > first.opened_sequence}
        views = gaps_of(self.workspace, self._now())
        if sum(view.count for view in views) != len(missed):
            yield f"the gaps hold {sum(view.count for view in views)} events, {len(missed)} were not delivered"
        for sequence in missed:
            if not any(_reaches(view, sequence) for view in views):
                yield f"event {sequence} was not delivered and is in no gap"
        for view in views:
            ends = {view.first_sequence} | ({view.last_sequence} if view.last_sequence is not None else set())
            if view.first_sequence not in missed:
                yield f"a gap begins at {view.first_sequence}, which is not missed"
            if max(ends) > self.workspace.last_sequence:
                yield f"a gap ends at {max(ends)}, which nobody has recorded"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def _tile_is_true(self) -> Iterator[str]:
        shown = tile(self.workspace, self._now())
        status = "connected" if self.world.is_open else ("stopped" if self._is_stopped() else "not_connected")
        pending = [self.deliveries[key] for key, stands in self.stands.items() if stands == "pending"]
        failing = sorted(each.sequence for each in pending if each.attempts)
        expected = {"status": status, "pending": len(pending), "generation": self.world.generation}
        for name, value in expected.items():
            if shown[name] != value:
                yield f"the tile says {name} {shown[name]!r}, it is {value!r}"
        told = shown["failing"]
        if bool(told) != bool(failing):
            yield f"the tile says failing {told!r}, what fails is {failing}"
        if isinstance(told, dict) and failing:
            oldest = next(each for each in pending if each.sequence == failing[0])
            if (told["event_id"], told["attempts"]) != (oldest.pk, oldest.attempts):
                yield f"the tile says event {told['event_id']} fails, it is {oldest.pk}"

    def _is_stopped(self) -> bool:
        return self.connection is not None and self.connection.is_stopped

    def _somebody_will_look(self) -> Iterator[str]:
        """A lease that ends, or a wake no later than the moment at which something is due."""
        connection = self.connection
        if connection is None or not connection.is_open:
            return
        if connection.lease_token is not None:
            if connection.lease_until is None:
                yield "a lease is held for ever"
            return
        moment, wake = snapshot(connection.pk).next_moment(), seconds(connection.wake_at)
        if moment is not None and (wake is None or wake > max(moment, self.world.clock.now()) + BLUR):
            yield f"something is due at {moment - self.world.clock.now():+.1f} s, the wake is {wake}"


def _reaches(view: GapView, sequence: int) -> bool:
    return view.first_sequence <= sequence and (view.last_sequence is None or sequence <= view.last_sequence)


def check(world: World) -> None:
    """Raises AssertionError with every breach."""
    found = list(Truth(world).breaches())
    assert not found, "\n".join(found)
