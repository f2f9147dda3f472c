"""ETag, If-None-Match and If-Match."""

import pytest

from deliveries.models import Connection
from happ_webhooks.history.models import Workspace
from integrations.connecting import disconnect
from tests.conftest import record
from tests.integrations.conftest import Api, during, stop
from tests.receiver import Receiver


def test_a_tile_that_was_seen_is_not_sent_again(api: Api, workspace: Workspace, receiver: Receiver) -> None:
    api("put", "", {"url": receiver.url})
    etag = api("get").headers["etag"]
    answer = api("get", headers={"if-none-match": etag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert api("get", headers={"if-none-match": f'"other", W/{etag}'}).status_code == 304
    record(workspace, "chat_1")
    changed = api("get", headers={"if-none-match": etag})
    assert (changed.status_code, changed.json()["pending"]) == (200, 1)
    # The settings are the same, so a change based on them is still good.
    assert changed.headers["etag"].split("-")[0] == etag.split("-")[0]


def test_the_tile_is_private(api: Api) -> None:
    assert api("get").headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_stale_if_match_changes_nothing(api: Api, receiver: Receiver, method: str) -> None:
    seen = api("put", "", {"url": receiver.url}).headers["etag"]
    api("patch", "", {"password": "new"})
    receiver.arrivals.clear()
    before = api.tile()
    for stale in (seen, '"never-seen"', "garbage", f"W/{seen}"):
        answer = api(method, "", {"url": receiver.url}, headers={"if-match": stale})
        assert (answer.status_code, answer.json()["code"]) == (412, "conflict")
    assert (receiver.arrivals, api.tile()) == ([], before)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_fresh_if_match_lets_the_change_through_though_counts_moved(
    api: Api, workspace: Workspace, receiver: Receiver, method: str
) -> None:
    etag = api("put", "", {"url": receiver.url}).headers["etag"]
    record(workspace, "chat_1")
    answer = api(method, "", {"url": receiver.url}, headers={"if-match": f'"another", {etag}'})
    assert answer.status_code == 200
    assert answer.headers["etag"].split("-")[0] != etag.split("-")[0]


def test_a_star_matches_any_state(api: Api, receiver: Receiver) -> None:
    assert api("put", "", {"url": receiver.url}, headers={"if-match": "*"}).status_code == 200


def test_every_change_of_the_settings_has_a_version_of_its_own(
    api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    versions = [api("get").headers["etag"].split("-")[0]]

    def note() -> None:
        versions.append(api("get").headers["etag"].split("-")[0])

    for method in ("put", "patch", "patch", "put"):
        api(method, "", {"url": receiver.url})
        note()
    stop(workspace)
    note()
    api("delete")
    note()
    assert len(set(versions)) == len(versions) == 7


def test_what_was_true_before_the_ping_must_be_true_after_it(
    transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    etag = api("put", "", {"url": receiver.url}).headers["etag"]
    during(receiver, lambda: disconnect(workspace.pk))
    answer = api("put", "", {"url": receiver.url}, headers={"if-match": etag})
    assert (answer.status_code, answer.json()["code"]) == (412, "conflict")
    assert Connection.objects.count() == 1


def test_a_connect_without_a_condition_wins_over_a_disconnect_during_its_ping(
    transactional_db: None, api: Api, workspace: Workspace, receiver: Receiver
) -> None:
    api("put", "", {"url": receiver.url})
    during(receiver, lambda: disconnect(workspace.pk))
    tile = api("put", "", {"url": receiver.url}).json()
    assert (tile["status"], tile["generation"]) == ("connected", 2)
