"""What a courier reads of the database: in which order, how much at a time, and by how many statements."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deliveries.courier import claims
from deliveries.models import Delivery
from happ_webhooks.history.models import ChatEvent, Workspace
from tests.conftest import connect, record

NOWHERE = "http://127.0.0.1:9/"


def sequences(claim: claims.Claim) -> list[int]:
    return [event.sequence for event in claim.events]


@pytest.mark.usefixtures("as_they_stand")
def test_a_claim_takes_two_statements_each_of_one_table(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, "a", "b", "a")

    with CaptureQueriesContext(database) as asked:
        claim = claims.new(connection.pk, 0, [])

    assert (sequences(claim), claim.more, claim.looked_to) == ([1, 2, 3], False, 3)
    assert [event.body for event in claim.events] == [
        body.encode() for body in ChatEvent.objects.order_by("sequence").values_list("body", flat=True)
    ]
    tables = [
        [table for table in ("deliveries_delivery", "history_chatevent") if table in query["sql"]] for query in asked
    ]
    assert tables == [["deliveries_delivery"], ["history_chatevent"]]


def test_a_claim_that_finds_nothing_asks_for_no_text(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)

    with CaptureQueriesContext(database) as asked:
        claim = claims.new(connection.pk, 7, [])

    assert (claim.events, claim.more, claim.looked_to) == ([], False, 7)
    assert len(asked) == 1


def test_a_look_that_finds_nothing_moves_on_all_the_same(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *["flood"] * 10)

    claim = claims.new(connection.pk, 0, ["telegram:flood"])

    assert (claim.events, claim.more, claim.looked_to) == ([], False, 10)


def test_a_full_claim_says_that_there_is_more_behind_its_last(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *"abcd")

    claim = claims.new(connection.pk, 0, ["telegram:a"], limit=2)

    assert (sequences(claim), claim.more, claim.looked_to) == ([2, 3], True, 3)


def test_a_claim_of_large_texts_ends_at_its_limit_and_the_next_goes_on_there(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *"abc")
    first = ChatEvent.objects.get(sequence=1)
    monkeypatch.setattr(claims, "BYTES", len(first.body.encode()) + 1)

    claim = claims.new(connection.pk, 0, [])
    after = claims.new(connection.pk, claim.looked_to, [])

    assert (sequences(claim), claim.more, claim.looked_to) == ([1, 2], True, 2)
    assert (sequences(after), after.more, after.looked_to) == ([3], False, 3)


def test_an_event_that_is_not_in_the_history_any_more_is_passed_over(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *"abc")
    ChatEvent.objects.filter(sequence__in=[2, 3]).delete()

    claim = claims.new(connection.pk, 0, [], limit=3)

    assert (sequences(claim), claim.more, claim.looked_to) == ([1], True, 3)


def test_of_waiting_heads_only_those_that_are_due_come_with_their_text(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *"abc")
    now = timezone.now()
    Delivery.objects.filter(sequence=1).update(attempts=1, last_attempt_at=now, next_attempt_at=now)
    Delivery.objects.filter(sequence=2).update(
        attempts=1, last_attempt_at=now, next_attempt_at=now + timedelta(hours=1)
    )

    heads = claims.failing(connection.pk, None)

    assert [(head.sequence, bool(head.body)) for head in heads] == [(1, True), (2, False)]


def test_heads_whose_endpoint_came_up_come_with_their_text_before_they_are_due(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *"ab")
    now = timezone.now()
    Delivery.objects.update(attempts=1, last_attempt_at=now, next_attempt_at=now + timedelta(hours=1))
    Delivery.objects.filter(sequence=2).update(early_spent=True)

    heads = claims.failing(connection.pk, now + timedelta(seconds=1))

    assert [(head.sequence, bool(head.body)) for head in heads] == [(1, True), (2, False)]


def test_a_head_that_is_not_in_the_history_any_more_holds_up_nothing(workspace: Workspace) -> None:
    connection = connect(workspace, NOWHERE)
    record(workspace, *"ab")
    now = timezone.now()
    Delivery.objects.update(attempts=1, last_attempt_at=now, next_attempt_at=now)
    ChatEvent.objects.filter(sequence=1).delete()

    assert [head.sequence for head in claims.failing(connection.pk, None)] == [2]
