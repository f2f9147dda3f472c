"""A `source_id` is recorded once: the first body wins, and every later sender learns its id and sequence."""

from collections import Counter

import pytest
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliveries.intake import Accepted, take_in
from deliveries.models import Delivery
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.conftest import connect
from tests.history.incoming import incoming

BATCHES = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8), min_size=1, max_size=8)
UNUSED_URL = "http://127.0.0.1:1/"


@pytest.mark.parametrize("connected", [True, False])
@given(batches=BATCHES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_batches_with_any_duplicates_add_up(db: None, connected: bool, batches: list[list[str]]) -> None:
    workspace = Workspace.objects.create(name="Квіти поруч")
    if connected:
        connect(workspace, UNUSED_URL)
    first: dict[str, Accepted] = {}
    for turn, batch in enumerate(batches):
        answers = take_in(
            workspace.pk, [incoming(source, text=f"{turn}-{place}") for place, source in enumerate(batch)]
        )
        assert len(answers) == len(batch)
        for place, (source, answer) in enumerate(zip(batch, answers, strict=True)):
            if source not in first:
                first[source] = answer
                assert answer.state == ("queued" if connected else "recorded")
                assert f'"text":"{turn}-{place}"' in ChatEvent.objects.get(pk=answer.id).body
            else:
                assert answer == Accepted(id=first[source].id, sequence=first[source].sequence, state="duplicate")

    expected = [(answer.id, number, source) for number, (source, answer) in enumerate(first.items(), start=1)]
    found = ChatEvent.objects.filter(workspace=workspace).order_by("sequence")
    assert list(found.values_list("id", "sequence", "source_id")) == expected
    owed = Delivery.objects.filter(workspace=workspace).order_by("sequence").values_list("event_id", flat=True)
    assert list(owed) == ([answer.id for answer in first.values()] if connected else [])
    workspace.refresh_from_db()
    assert workspace.last_sequence == len(first)


def test_the_first_body_wins_inside_a_batch_and_later(workspace: Workspace) -> None:
    again = take_in(workspace.pk, [incoming("s", text="перше"), incoming("s", text="друге"), incoming("t")])
    later = take_in(workspace.pk, [incoming("u"), incoming("s", text="третє")])

    assert [(each.sequence, each.state) for each in again] == [(1, "recorded"), (1, "duplicate"), (2, "recorded")]
    assert [(each.sequence, each.state) for each in later] == [(3, "recorded"), (1, "duplicate")]
    assert '"text":"перше"' in ChatEvent.objects.get(source_id="s").body
    assert Counter(ChatEvent.objects.values_list("source_id", flat=True)) == {"s": 1, "t": 1, "u": 1}


def test_what_was_recorded_before_a_connect_stays_unowed_when_it_is_sent_again(workspace: Workspace) -> None:
    take_in(workspace.pk, [incoming("s")])
    connect(workspace, UNUSED_URL)

    [answer, fresh] = take_in(workspace.pk, [incoming("s"), incoming("t")])

    assert (answer.state, fresh.state) == ("duplicate", "queued")
    assert list(Delivery.objects.values_list("event_id", flat=True)) == [fresh.id]


def test_a_batch_of_old_events_leaves_no_trace(workspace: Workspace) -> None:
    connection = connect(workspace, UNUSED_URL)
    take_in(workspace.pk, [incoming("s"), incoming("t")])
    connection.refresh_from_db()
    before = vars(connection) | {"_state": None}

    answers = take_in(workspace.pk, [incoming("t"), incoming("s"), incoming("t")])

    assert [(each.sequence, each.state) for each in answers] == [(2, "duplicate"), (1, "duplicate"), (2, "duplicate")]
    workspace.refresh_from_db()
    connection.refresh_from_db()
    assert workspace.last_sequence == 2
    assert vars(connection) | {"_state": None} == before
    assert not database.in_atomic_block
