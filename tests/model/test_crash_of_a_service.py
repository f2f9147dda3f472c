"""Whatever people and the platform do may break off at any database statement: it happened, or it did not.

Each act is run once for each of its statements (a COMMIT is one), killed or cut off from the database before or after.
Then it is done again, as somebody would who saw no answer, and what is owed is delivered.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import InterfaceError, OperationalError

from deliveries.models import Connection, Delivery
from happ_webhooks.history.models import ChatEvent
from integrations.models import Act, Integration
from tests.model import profiles
from tests.model.breaking import How, Strike, breaking
from tests.model.endpoint import answered
from tests.model.follow import waits
from tests.model.truth import check
from tests.model.watch import Owed
from tests.model.world import World, Worlds

#: More statements than any of these has.
PLENTY = 60
SOURCES = ("first", "second", "third")


def some_events(world: World) -> None:
    world.record("a", sources=SOURCES[:1])
    world.record("b", "a", sources=SOURCES[1:])


def a_connect(world: World) -> None:
    world.connect()


def a_change_of_settings(world: World) -> None:
    world.change_settings()


def a_disconnect(world: World) -> None:
    world.disconnect()


def a_test_ping(world: World) -> None:
    world.test_ping()


ACTS: list[Callable[[World], None]] = [some_events, a_connect, a_change_of_settings, a_disconnect, a_test_ping]


def lived(world: World) -> None:
    """A workspace with a past: a chat that fails, an event whose wake was lost."""
    assert world.connect()
    world.answers["x"] = answered(500)
    world.record("x", "y")
    world.run_wakes()
    world.answers.clear()
    world.record("z")
    world.wakes.clear()


def learn(world: World) -> None:
    """Whoever saw no answer asks the database what happened."""
    found = Connection.objects.filter(workspace_id=world.workspace_id).order_by("number")
    for connection in found:
        world.watch.generation_of[connection.url] = connection.number
        if connection.closed_at is not None:
            world.watch.ended.setdefault(connection.number, connection.closed_at.timestamp())
    world.generation, world.is_open = connection.number, connection.is_open
    owed = dict(Delivery.objects.filter(workspace_id=world.workspace_id).values_list("pk", "connection__number"))
    for event in ChatEvent.objects.filter(workspace_id=world.workspace_id):
        known = Owed(event.pk, event.sequence, event.chat_id, event.body.encode(), owed.get(event.pk, 0))
        world.watch.accepted.setdefault(event.pk, known)


def halves(world: World) -> list[str]:
    """What happened in part."""
    told = []
    ours = {"workspace_id": world.workspace_id}
    recorded = {source for source in SOURCES if ChatEvent.objects.filter(source_id=source, **ours).exists()}
    if recorded not in (set(), {SOURCES[0]}, set(SOURCES)):
        told.append(f"of what came together only {recorded} is recorded")
    open_ones = Connection.objects.filter(closed_at=None, **ours).count()
    if open_ones > 1:
        told.append(f"{open_ones} connections are open")
    done = list(Act.objects.filter(**ours).values_list("kind", flat=True))
    found = Connection.objects.filter(**ours)
    if done.count("connected") != found.count():
        told.append(f"{found.count()} connections were made, support is told of {done.count('connected')}")
    if ("edited" in done) != found.exclude(edited_at=None).exists():
        told.append("settings and what support is told of them differ")
    replaced = found.exclude(disconnected_at=None).count() - done.count("disconnected")
    if replaced != max(0, done.count("connected") - done.count("disconnected") - open_ones):
        told.append("disconnects and what support is told of them differ")
    return told


def others_go_on(world: World) -> None:
    for _ in range(30):
        world.clock.advance(25)
        world.sweep()
        world.run_wakes()
        if not waits(world):
            break
    assert not waits(world)
    check(world)


#: A kill before a statement is one after the statement before it; the long profile takes all four ways.
HOWS = list(How) if profiles.is_long() else [How.KILLED_AFTER]
READS = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT")


def counts(sql: str) -> bool:
    """After what only reads things stand as they did before; the long profile takes it all the same."""
    return profiles.is_long() or not sql.lstrip().startswith(READS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", HOWS, ids=lambda how: how.value)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_breaks_off_has_happened_or_not(made: Worlds, act: Callable[[World], None], how: How) -> None:
    for at in range(1, PLENTY):
        world = made.new()
        lived(world)
        strike = Strike(at, how, counts)
        with suppress(OperationalError, InterfaceError), breaking(strike):
            act(world)
        if not strike.struck:
            world.forget()
            break
        learn(world)
        assert (at, strike.seen[-1], halves(world)) == (at, strike.seen[-1], [])
        check(world)
        # A person's ping that was cut off blocks the next one until its deadline.
        world.clock.advance(7)
        act(world)
        assert halves(world) == []
        check(world)
        others_go_on(world)
        assert_done(world, act)
        world.forget()
    else:
        raise AssertionError("it has no end")
    assert at > 3


def assert_done(world: World, act: Callable[[World], None]) -> None:
    """Done twice, the first time perhaps in vain, it is done."""
    recorded = ChatEvent.objects.filter(workspace_id=world.workspace_id, source_id__in=SOURCES).order_by("sequence")
    assert tuple(recorded.values_list("source_id", flat=True)) == (SOURCES if act is some_events else ())
    connection = Connection.objects.get(pk=world.connection_id)
    assert connection.number in ({2, 3} if act is a_connect else {1})
    assert connection.is_open == (act is not a_disconnect)
    if act in (a_connect, a_change_of_settings):
        assert connection.url.endswith(f"/{world.edits}")
    assert Integration.objects.get(workspace_id=world.workspace_id).ping_until is None
