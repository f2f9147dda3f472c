"""What the tile says in each state, and that it keeps itself true."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection as database
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from deliveries.catalogue import CODES, explain
from deliveries.connections import disconnect_workspace
from deliveries.models import CloseReason, Connection, Delivery, Gap
from happ_webhooks.history.models import Membership, Workspace
from happ_webhooks.wire.ladder import Ladder
from integrations import waiting
from integrations.pages.webhook import card
from tests.conftest import connect, record, time_passes, visit
from tests.integrations.conftest import stop
from tests.pages.webhook import BY_SCRIPT, Shop, words
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
CODE = {"en": "Code:", "uk": "Код:"}


@pytest.fixture
def shop(workspace: Workspace) -> Shop:
    return Shop(workspace)


def attribute(page: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', page[page.index('id="tile"') :])
    assert found
    return unescape(found[1])


def test_before_the_first_connect_there_is_one_thing_to_do(shop: Shop) -> None:
    page = shop.get().content.decode()
    assert attribute(page, "data-status") == "not_connected"
    assert shop.tile() == (
        "Integrations HAPP cannot be reached at the moment: what you see may be out of date. It will be updated by "
        "itself. Chat Webhook Not connected Sends every message and every order from your chats to your own system, "
        "the moment it happens. Telegram Viber Instagram Facebook WhatsApp Connect"
    )


def test_a_connected_one_shows_where_and_since_when_in_the_workspaces_zone(shop: Shop) -> None:
    connection = connect(shop.workspace, "https://crm.example.com/happ?token=abc&shop=7", "s3same")
    Connection.objects.filter(pk=connection.pk).update(opened_at="2026-05-25T11:30:07Z")
    page = shop.get().content.decode()
    assert (attribute(page, "data-status"), attribute(page, "data-failing")) == ("connected", "false")
    read = words(page)
    assert "https://crm.example.com/happ?token=***&shop=***" in read.replace(" ", "")
    assert "Connected 25.05.2026, 14:30 Password saved, sent as Bearer" in read
    assert "Waiting for the first event..." in read
    assert "Edited" not in read
    assert "s3same" not in page


def test_a_name_in_another_script_is_shown_in_its_own_letters(shop: Shop) -> None:
    connect(shop.workspace, "https://xn--80aswg.xn--p1ai:8443/happ")
    page = shop.get().content.decode()
    assert "https://сайт.рф:8443/happ" in words(page).replace(" ", "")
    assert 'title="https://xn--80aswg.xn--p1ai:8443/happ"' in page


def test_the_last_delivery_is_told_with_its_time(shop: Shop, receiver: Receiver) -> None:
    connection = connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    visit(connection)
    time_passes(12)
    Connection.objects.update(last_response_ms=214)
    assert re.search(r"Last delivered [1-5]\d s ago, 214 ms", shop.tile())
    assert "Waiting for the first event" not in shop.tile()
    assert re.search(r"Остання доставка [1-5]\d с тому, 214 мс", shop.tile("uk"))


def test_an_edited_one_says_when(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    Connection.objects.update(edited_at="2026-05-26T06:05:00Z")
    assert "Edited 26.05.2026, 09:05" in shop.tile()


def test_a_failing_one_stays_connected_and_says_what_to_do_and_when_the_next_try_is(
    shop: Shop, receiver: Receiver
) -> None:
    receiver.script = lambda arrival: 401
    connection = connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1", "chat_2")
    visit(connection)
    page = shop.get().content.decode()
    assert (attribute(page, "data-status"), attribute(page, "data-failing")) == ("connected", "true")
    delivery = Delivery.objects.filter(attempts=1).order_by("sequence")[0]
    assert delivery.next_attempt_at
    next_try = timezone.localtime(delivery.next_attempt_at, Shop.zone).strftime("%H:%M:%S")
    read = words(page)
    assert (
        "Last attempt failed: Wrong password. The password in HAPP doesn't match the one on your service. "
        "Open the tile, paste the right password, save." in read
    )
    assert f"Next try at {next_try} (attempt 2 of 8)." in read
    assert "If nothing gets through, the stream stops about " in read
    assert f'href="/integrations/{shop.workspace.pk}/errors/HTTP_401/"' in page
    assert "Waiting 2 events (the oldest since " in read
    assert "Connected" in read
    assert "Not connected" not in read


def test_a_pause_that_the_service_asked_for_is_waited_for(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    visit(connection)
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert "The next try is due now (attempt 2 of 8)." in shop.tile()
    paused_until = timezone.localtime(timezone=Shop.zone) + timedelta(days=1)
    Connection.objects.update(paused_until=paused_until)
    assert f"Next try at {paused_until:%d.%m.%Y, %H:%M:%S} (attempt 2 of 8)." in shop.tile()


def test_tries_beyond_the_ladder_are_counted_without_an_end(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500
    connection = connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    visit(connection)
    Delivery.objects.update(attempts=8)
    assert "(attempt 9)." in shop.tile()
    Delivery.objects.update(next_attempt_at=F("next_attempt_at") - timedelta(days=1))
    assert "The next try is due now (attempt 9)." in shop.tile()


def test_a_stopped_one_shows_the_three_steps_and_the_ready_request(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    stop(shop.workspace)
    last = record(shop.workspace, "chat_1", "chat_2")[-1]
    page = shop.get().content.decode()
    assert (attribute(page, "data-status"), attribute(page, "data-failing")) == ("stopped", "false")
    read = words(page)
    steps = ["Fix the service first", "Disconnect and reconnect in HAPP", "Back-fill if needed"]
    assert [read.index(step) for step in steps] == sorted(read.index(step) for step in steps)
    assert "Event dropped after retry limit MAX_RETRIES_EXCEEDED" in read
    assert "3 events since " in read
    api = f"http://testserver/api/v1/workspaces/{shop.workspace.pk}"
    assert f'curl "{api}/events?after=0" \\ -H "Authorization: Bearer YOUR_TOKEN"' in read
    assert f"{shop.workspace.pk} MAX_RETRIES_EXCEEDED {last.id}" in read
    assert "Доброго дня" not in page
    assert "3 події, починаючи з " in shop.tile("uk")


def test_an_endpoint_that_is_gone_says_so(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    stop(shop.workspace, CloseReason.GONE)
    read = shop.tile()
    assert "Your service said it is gone GONE Your service answered 410: it no longer wants these events" in read
    assert "reconnect in HAPP with a URL that accepts them." in read
    assert "Nothing is missing so far." in read
    assert "Last attempt failed" not in read
    assert "Nothing got through" not in read


def test_a_stopped_one_says_since_when_and_what_went_wrong_last(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    stop(shop.workspace)
    Connection.objects.update(
        last_error="HTTP_401", failing_since="2026-05-25T11:30:07Z", closed_at="2026-05-25T13:12:07Z"
    )
    page = shop.get().content.decode()
    read = words(page)
    assert "MAX_RETRIES_EXCEEDED Your service did not answer 2xx until the retry limit." in read
    assert (
        "Nothing got through from 25.05.2026, 14:30 to 25.05.2026, 16:12, with up to 8 attempts for each event." in read
    )
    assert "Last attempt failed: Wrong password. The password in HAPP doesn't match" in read
    assert f'id="what-to-do" href="/integrations/{shop.workspace.pk}/errors/HTTP_401/"' in " ".join(page.split())
    assert "щонайбільше 8 спроб на кожну подію." in shop.tile("uk")


def test_gaps_before_the_newest_stay_in_sight_with_their_requests(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reason in (CloseReason.MAX_RETRIES_EXCEEDED, CloseReason.GONE, CloseReason.MAX_RETRIES_EXCEEDED):
        connect(shop.workspace, receiver.url)
        record(shop.workspace, "chat_1", "chat_2")
        stop(shop.workspace, reason)
    page = shop.get().content.decode()
    earlier = page[page.index('id="gaps"') :]
    assert re.findall(r'data-gap="(\d+)"', earlier) == ["3", "1"]
    read = words(earlier)
    assert "2 earlier gaps of the last 30 days" in read
    assert "Sequence 3 to 4. Reason: Your service said it is gone GONE" in read
    assert "Sequence 1 to 2. Reason: Event dropped after retry limit MAX_RETRIES_EXCEEDED" in read
    assert ["events?after=2&until=4" in read, "events?after=0&until=2" in read] == [True, True]
    assert read.count("2 events between ") == 2
    assert "Sequence 5 and on. Reason: Event dropped after retry limit" in words(page)
    monkeypatch.setattr(card, "EARLIER", 1)
    shorter = shop.tile()
    assert "1 earlier gap of the last 30 days" in shorter
    assert shorter.endswith("The API lists the others: GET.../chat-webhook/gaps")


def test_an_earlier_gap_that_is_past_its_30_days_goes_from_the_tile(shop: Shop, receiver: Receiver) -> None:
    for _ in range(2):
        connect(shop.workspace, receiver.url)
        record(shop.workspace, "chat_1")
        stop(shop.workspace)
    etag = shop.get("tile/")["etag"]
    assert 'id="gaps"' in shop.get().content.decode()
    Gap.objects.filter(first_sequence=1).update(opened_at=timezone.now() - timedelta(days=31))
    changed = shop.get("tile/", **{"if-none-match": etag})
    assert (changed.status_code, 'id="gaps"' in changed.content.decode()) == (200, False)


def test_after_a_disconnect_what_was_missed_can_be_fetched_before_reconnecting(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    record(shop.workspace, *["chat_1"] * 5)
    disconnect_workspace(shop.workspace.pk)
    read = shop.tile()
    assert "Use the HAPP API to back-fill anything you missed before reconnecting." in read
    assert "5 events since " in read
    assert "5 подій, починаючи з " in shop.tile("uk")


def test_a_closed_gap_names_both_ends_and_stays_in_sight(shop: Shop, receiver: Receiver) -> None:
    connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1", "chat_1")
    disconnect_workspace(shop.workspace.pk)
    connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    read = shop.tile()
    assert re.search(r"2 events between \d\d\.\d\d\.\d{4}, \d\d:\d\d and .* did not arrive\.", read)
    assert "events?after=0&until=2" in read


def test_what_waits_is_counted_up_to_a_limit(shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1", "chat_2")
    assert "Waiting 2 events" in shop.tile()
    assert "Чекають 2 події" in shop.tile("uk")
    monkeypatch.setattr(waiting, "COUNTED", 1)
    assert "Waiting more than 10,000 events" in shop.tile()


def test_members_see_the_tile_without_what_it_can_do(workspace: Workspace, receiver: Receiver) -> None:
    member = Shop(workspace, Membership.Role.MEMBER)
    assert "An admin of this workspace can connect it." in member.tile()
    connect(workspace, f"{receiver.url}/path_abc?token=abc")
    page = member.get().content.decode()
    assert "abc" not in page
    assert f'title="{receiver.url}/***?token=***"' in page
    for action in ("connect", "settings", "disconnect", "test", "signing-secret"):
        assert f"/{action}/" not in page
    stop(workspace)
    assert "/disconnect/" not in member.get().content.decode()
    for action in ("connect/", "settings/", "disconnect/", "test/"):
        assert member.get(action).status_code == 403
        assert member.post(action, {}).status_code == 403


def test_an_unchanged_tile_is_not_sent_again(shop: Shop, receiver: Receiver) -> None:
    connection = connect(shop.workspace, receiver.url)
    etag = attribute(shop.get().content.decode(), "data-etag")
    seen = shop.get("tile/", **{"if-none-match": etag})
    assert (seen.status_code, seen.content) == (304, b"")
    record(shop.workspace, "chat_1")
    visit(connection)
    changed = shop.get("tile/", **{"if-none-match": etag})
    assert changed.status_code == 200
    assert "<html" not in changed.content.decode()
    assert attribute(changed.content.decode(), "data-etag") == changed["etag"] != etag


def test_another_language_another_role_and_a_minute_later_are_another_tile(shop: Shop, receiver: Receiver) -> None:
    connection = connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    visit(connection)
    etag = shop.get("tile/")["etag"]
    assert shop.get("tile/", **{"if-none-match": f"W/{etag}"}).status_code == 304
    assert shop.get("tile/", **{"if-none-match": etag, "accept-language": "uk"}).status_code == 200
    member = Shop(shop.workspace, Membership.Role.MEMBER)
    assert member.get("tile/", **{"if-none-match": etag}).status_code == 200
    Connection.objects.update(last_success_at=F("last_success_at") - timedelta(seconds=60))
    assert shop.get("tile/", **{"if-none-match": etag}).status_code == 200


def test_a_change_of_state_has_a_sentence_to_be_said(shop: Shop, receiver: Receiver) -> None:
    assert attribute(shop.get("tile/").content.decode(), "data-announce") == "Chat Webhook: not connected."
    receiver.script = lambda arrival: 500
    connection = connect(shop.workspace, receiver.url)
    assert attribute(shop.get("tile/").content.decode(), "data-announce") == "Chat Webhook: connected."
    record(shop.workspace, "chat_1")
    visit(connection)
    said = attribute(shop.get("tile/").content.decode(), "data-announce")
    assert said == "Chat Webhook: the last attempt failed. Service down."
    stop(shop.workspace)
    assert attribute(shop.get("tile/").content.decode(), "data-announce") == "Chat Webhook: stopped."


def test_an_expired_sign_in_is_told_to_a_page_that_refreshes_itself(shop: Shop) -> None:
    answer = Client().get(shop.address("tile/"), headers={"hx-request": "true", "accept-language": "en"})
    assert answer.status_code == 401
    assert "this page is no longer up to date" in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_code_has_a_page_that_says_what_to_do(shop: Shop, language: str) -> None:
    for code in CODES:
        answer = shop.get(f"errors/{code}/", **{"accept-language": language})
        assert answer.status_code == 200
        with override(language):
            explained = explain(code)
        read = words(answer.content.decode())
        assert read.startswith(f"Chat Webhook {explained.title} ")
        assert f" {explained.detail} {CODE[language]} {code} " in read
    assert shop.get("errors/HTTP_<b>/").status_code == 404


def test_only_a_try_of_an_open_connection_is_said_to_go_on(shop: Shop) -> None:
    promise, settings_url = "HAPP goes on trying", shop.address("settings/")

    def says(code: str, person: Shop = shop) -> tuple[bool, bool]:
        page = person.get(f"errors/{code}/", **BY_SCRIPT).content.decode()
        return promise in page, settings_url in page

    assert says("TIMEOUT") == (False, False)
    connect(shop.workspace, "https://shop.example/happ")
    assert says("TIMEOUT") == says("HTTP_500") == (True, True)
    for reason in CloseReason.values:
        assert says(reason) == (False, False)
    assert says("TIMEOUT", Shop(shop.workspace, Membership.Role.MEMBER)) == (False, False)
    stop(shop.workspace)
    assert says("TIMEOUT") == (False, False)


def test_a_test_is_offered_beside_an_error_while_there_is_a_url_to_ask(shop: Shop) -> None:
    def offered() -> bool:
        return shop.address("test/") in shop.get("errors/TIMEOUT/", **BY_SCRIPT).content.decode()

    assert not offered()
    connect(shop.workspace, "https://shop.example/happ")
    assert offered()
    stop(shop.workspace)
    assert offered()
    disconnect_workspace(shop.workspace.pk)
    assert not offered()


def test_the_request_says_how_to_go_on_and_the_list_is_named_for_what_it_holds(shop: Shop) -> None:
    connect(shop.workspace, "https://shop.example/happ")
    record(shop.workspace, "chat_1")
    stop(shop.workspace)
    assert "while has_more is true, ask again with after=next_after" in shop.tile()
    assert "skip the ids you already have" in shop.tile()
    assert (
        "Dropped deliveries (.csv) The file holds all such deliveries of the log. Events recorded after a stop or a "
        "disconnect have none: only the request above brings them." in shop.tile()
    )
    disconnect_workspace(shop.workspace.pk)
    connect(shop.workspace, "https://shop.example/happ")
    record(shop.workspace, "chat_1")
    disconnect_workspace(shop.workspace.pk)
    assert "Cancelled deliveries (.csv)" in shop.tile()


def test_the_tile_costs_few_statements(shop: Shop, receiver: Receiver) -> None:
    receiver.script = lambda arrival: 500
    for _ in range(3):
        connection = connect(shop.workspace, receiver.url)
        record(shop.workspace, "chat_1")
        Connection.objects.update(settled_at=timezone.now())
    visit(connection)
    shop.get()
    with CaptureQueriesContext(database) as page:
        shop.get()
    with CaptureQueriesContext(database) as part:
        shop.get("tile/")
    assert len(page) <= 8
    assert len(part) <= 7


def test_the_steps_of_a_short_ladder_are_named(shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HAPP_RETRY_LADDER", Ladder((60, 60)))
    receiver.script = lambda arrival: 500
    connection = connect(shop.workspace, receiver.url)
    record(shop.workspace, "chat_1")
    visit(connection)
    assert "(attempt 2 of 3)." in shop.tile()
