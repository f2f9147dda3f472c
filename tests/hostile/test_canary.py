"""Promise 7: content and secrets go through every success, failure and crash of real processes and stay nowhere."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography.fernet import Fernet
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.db import connection as database

from config.demo.client import Answer, call
from deliveries.models import Connection, DeliveryAttempt
from deliveries.sealing import seal
from happ_webhooks.history.models import ApiToken, AuditEntry, ChatEvent, Membership, Workspace
from tests import broker
from tests.api.caller import EVERY_SCOPE, event
from tests.config.collectors import Collector, collector
from tests.hostile.conftest import Start
from tests.hostile.places import broker_values, database_rows, everything_said_to_the_broker, forms_of
from tests.hostile.site import Browser
from tests.processes import Processes, eventually
from tests.wire import receivers

pytestmark = [pytest.mark.timeout(480)]

CONTENT = "kanareyka-zmist-7f3a"
CYRILLIC = "Канарейка-зміст-41"
PASSWORD = "kanareyka-parol-9c1e"
SUPPORT_PASSWORD = "kanareyka-vhid-55d0"
DEADLINE = 0.7
#: A web process that is just starting takes the request once it is up.
PATIENCE = 120.0


def echo(connection: socket.socket, it: receivers.Receiver) -> None:
    """Accepts pings; else does what the path says, and always says back all that it was told."""
    while receivers.read_request(connection, it):
        request = it.requests[-1]
        path = request.split(b" ", 2)[1]
        said = request.replace(b"\r\n", b" ").replace(b"\0", b"")[:3000]
        told = b"x-said: %b\r\nlocation: https://%b/\r\ncontent-length: %d\r\n\r\n%b" % (
            said,
            PASSWORD.encode(),
            len(request),
            request,
        )
        if b"happ-test: 1" in request and path != b"/refuses":
            connection.sendall(receivers.OK)
        elif path == b"/hangs":
            it.stop.wait(DEADLINE * 3)
            return
        elif path == b"/resets":
            receivers.linger_zero(connection)
            return
        elif path == b"/garbage":
            connection.sendall(said)
            return
        else:
            status = {b"/redirects": 302, b"/refuses": 422, b"/gone": 410, b"/fails": 503}.get(path, 200)
            connection.sendall(b"HTTP/1.1 %d %b\r\n%b" % (status, PASSWORD.encode(), told))


PATHS = ("/accepts", "/refuses", "/redirects", "/gone", "/fails", "/hangs", "/resets", "/garbage")


class Shop:
    """A workspace and its REST API on the web process."""

    def __init__(self, name: str, site: str) -> None:
        self.workspace = Workspace.objects.create(name=name)
        self.token = ApiToken.issue(name=name, scopes=EVERY_SCOPE, workspace=self.workspace)[1]
        self.base = f"{site}/api/v1/workspaces/{self.workspace.pk}"

    def __call__(self, method: str, path: str, body: object = None) -> Answer:
        return call(method, self.base + path, body, token=self.token, timeout=PATIENCE)

    def says(self, chat: str = "chat_1", **changes: object) -> Answer:
        words = f"{CONTENT} {CYRILLIC}"
        data = {"message": {"text": words, "html": f"<b>{words}</b>"}, "sender": {"name": words}}
        return self("POST", "/events", event(chat_id=chat, **{"data": data, **changes}))


@contextmanager
def broken(*statements: tuple[str, str]) -> Iterator[None]:
    """The database is spoilt by the first of each pair and mended by the second."""
    with database.cursor() as cursor:
        for spoil, _ in statements:
            cursor.execute(spoil)
        try:
            yield
        finally:
            for _, mend in reversed(statements):
                cursor.execute(mend)


FORBID = (
    "ALTER TABLE history_chatevent ADD CONSTRAINT canary CHECK (chat_id <> 'forbidden') NOT VALID",
    "ALTER TABLE history_chatevent DROP CONSTRAINT canary",
)
NO_ATTEMPTS = (
    "ALTER TABLE deliveries_deliveryattempt RENAME TO away",
    "ALTER TABLE away RENAME TO deliveries_deliveryattempt",
)
NO_HISTORY = ("ALTER TABLE django_admin_log RENAME TO away_log", "ALTER TABLE away_log RENAME TO django_admin_log")


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    folder = tmp_path / "mails"
    folder.mkdir()
    return folder


@pytest.fixture
def abroad() -> Iterator[Collector]:
    """Where spans and reports of errors go."""
    with collector() as it:
        yield it


@pytest.fixture
def running(start: Start, mails: Path, abroad: Collector) -> Processes:
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.hostile.loud",
        "HAPP_MAIL_FOLDER": str(mails),
        "HAPP_DEADLINE_SECONDS": str(DEADLINE),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{abroad.url}",
        "SENTRY_DSN": f"http://key@{abroad.url}/7",
    }
    return start("web", "worker", "troubled", "beat", ladder="0.3,0.3,0.3", variables=variables)


def every_answer(site: str, url: str) -> list[Shop]:
    """A shop for each thing a receiver may do, with a few events tried until they are settled or the stream stops."""
    shops = []
    for path in PATHS:
        shop = Shop(path, site)
        body = {"url": url + path, "password": PASSWORD, "auth": {"scheme": "basic"} if path == "/fails" else None}
        made = shop("PUT", "/chat-webhook", {name: value for name, value in body.items() if value})
        assert made.status == (422 if path == "/refuses" else 200), made.text
        shop.says("chat_1")
        shop.says("chat_2")
        shops.append(shop)
    return shops


def bad_requests(shop: Shop, url: str) -> None:
    """What the API refuses; the receiver of `url` speaks no TLS."""
    for changes in ({"data": CONTENT}, {CONTENT: CONTENT}, {"channel": CONTENT}, {"occurred_at": CONTENT}):
        assert shop.says(**changes).status == 422
    assert shop("POST", "/events", CONTENT).status == 422
    assert shop("GET", f"/events?{CONTENT}={CONTENT}").status == 422
    for body in (
        {"url": f"ftp://{CONTENT}/", "password": PASSWORD},
        {"url": url, "password": PASSWORD + "ї"},
        {"url": url, "password": PASSWORD, PASSWORD: PASSWORD},
        {"url": url.replace("http://", "https://"), "password": PASSWORD},
        {"url": "https://kanareyka.invalid/", "password": PASSWORD},
    ):
        assert shop("PUT", "/chat-webhook", body).status == 422
    for token in (f"happ_{PASSWORD}", PASSWORD):
        assert call("GET", f"{shop.base}/events", token=token).status == 401


def errors_of_ours(running: Processes, shop: Shop, url: str) -> None:
    """The database refuses what nobody foresaw: a 500 in the API, a courier that fails over and over."""
    assert shop("PUT", "/chat-webhook", {"url": url + "/accepts", "password": PASSWORD}).status == 200
    with broken(FORBID):
        assert shop.says("forbidden").status == 500
    with broken(NO_ATTEMPTS):
        assert shop.says("unrecorded").status == 202
        eventually(lambda: b'deliveries_deliveryattempt\\" does not exist' in running.log.read_bytes(), PATIENCE)


def a_password_that_cannot_be_sent(shop: Shop, url: str) -> None:
    """No form lets it in, so it is put where the courier finds it."""
    assert shop("PUT", "/chat-webhook", {"url": url + "/accepts", "password": PASSWORD}).status == 200
    Connection.objects.filter(workspace=shop.workspace).update(password=seal(f"пароль {PASSWORD}"))
    assert shop.says("unsendable").status == 202
    attempts = DeliveryAttempt.objects.filter(connection__workspace=shop.workspace)
    eventually(lambda: attempts.filter(error="INTERNAL").exists(), PATIENCE)


def in_the_admin(site: str, shop: Shop, url: str) -> None:
    user = get_user_model().objects.create_superuser("support", password=SUPPORT_PASSWORD)
    Membership.objects.create(workspace=shop.workspace, user=user, role="admin")
    browser = Browser(site)
    for password in (SUPPORT_PASSWORD + "x", SUPPORT_PASSWORD):
        answer = browser.fill_in("/admin/login/?next=/admin/", username="support", password=password)
    assert "/admin/login" not in answer.url
    below = f"/admin/integrations/integration/{quote(shop.workspace.pk)}"
    form = {"password": PASSWORD, "scheme": "bearer", "header": "", "reason": "Ticket 7"}
    for path in ("/refuses", "/accepts"):
        assert browser.fill_in(f"{below}/connect/", url=url + path, **form).status_code == 200
    assert browser.fill_in(f"{below}/rotate/", reason="Ticket 8").status_code == 200
    with broken(NO_HISTORY):
        answer = browser.fill_in(f"{below}/connect/", url=url + "/accepts", **form)
        assert answer.status_code == 500
    path = f"/integrations/{shop.workspace.pk}/connect/"
    browser.fill_in(path, url=url + "/refuses", password=PASSWORD, scheme="bearer")
    assert browser.fill_in("/admin/history/apitoken/add/", name="k", workspace=shop.workspace.pk, scopes="manage").ok


def crashes(running: Processes, shop: Shop, it: receivers.Receiver) -> None:
    """A worker is killed with a POST on the wire; then web and worker get a key that opens nothing."""
    url, hanging = it.url(""), len(hanging_in(it))
    assert shop("PUT", "/chat-webhook", {"url": url + "/hangs", "password": PASSWORD}).status == 200
    assert shop.says().status == 202
    eventually(lambda: len(hanging_in(it)) > hanging + 1, PATIENCE)
    running.kill("worker", "troubled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAPP_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        running.kill("web")
        running.start("web", "worker", "troubled")
        assert shop.says("sealed").status == 202
        assert shop("GET", "/chat-webhook/signing-secret").status == 500
        assert shop("PATCH", "/chat-webhook", {"url": url + "/accepts"}).status in {422, 500}
        eventually(lambda: b"cannot be opened" in running.log.read_bytes(), PATIENCE)


def hanging_in(it: receivers.Receiver) -> list[bytes]:
    """The requests for the path that hangs, pings among them."""
    return [request for request in it.requests if request.startswith(b"POST /hangs ")]


def test_no_content_password_secret_or_token_is_left_anywhere(
    running: Processes, mails: Path, abroad: Collector
) -> None:
    with everything_said_to_the_broker() as said, receivers.receiver(echo) as it:
        url = it.url("")
        shops = every_answer(running.site, url)
        bad_requests(shops[0], url)
        spare, another = Shop("spare", running.site), Shop("another", running.site)
        errors_of_ours(running, spare, url)
        a_password_that_cannot_be_sent(another, url)
        in_the_admin(running.site, shops[2], url)
        secrets = [
            shop("GET", "/chat-webhook/signing-secret").body["signing_secret"] for shop in [*shops, spare, another]
        ]
        crashes(running, spare, it)
        metrics = urlopen(running.site + "/metrics").read()
        wired = b"".join(it.requests)
    tokens = [shop.token for shop in shops]
    hidden = [PASSWORD, SUPPORT_PASSWORD, *secrets, *(each.removeprefix("whsec_") for each in secrets), *tokens]

    log = running.log.read_bytes()
    mailed = b"\n".join(opened(mail.read_bytes()) for mail in mails.iterdir())
    places = [*database_rows(), *broker_values(), ("log", log), ("metrics", metrics), ("mails", mailed)]
    places.append(("said to the broker", b"\n".join(said)))
    running.kill(how=signal.SIGTERM)  # What waits to be sent is sent.
    places.append(("spans and reports", b"\n".join([*abroad.bodies, *(head.encode() for head in abroad.heads)])))

    # The paths were taken: else nothing would be proven.
    assert CONTENT.encode() in wired
    assert f"Bearer {PASSWORD}".encode() in wired
    assert CYRILLIC in "".join(ChatEvent.objects.values_list("body", flat=True))
    assert {"HTTP_302", "REDIRECT", "HTTP_410", "HTTP_503", "TIMEOUT", "RESET", "BAD_RESPONSE", "INTERNAL"} - set(
        DeliveryAttempt.objects.values_list("error", flat=True)
    ) == {"HTTP_302"}
    assert {"connected", "signing_secret_seen", "signing_secret_rotated", "token_made", "staff_signed_in"} <= set(
        AuditEntry.objects.values_list("act", flat=True)
    )
    assert log.count(b"Traceback") >= 4
    assert b"IntegrityError" in mailed
    assert b"IntegrityError" in places[-1][1]
    assert b"happ.outcome" in places[-1][1]
    assert b'"message": "attempt"' in log
    assert b'"message": "ingest"' in log
    if broker.is_redis():
        assert any(name.startswith("broker") and b"celery-task-meta" in value for name, value in places)
        assert any(b"celery-task-meta" in command for command in said)
    else:
        assert any(b'"traceback": "Traceback' in message for message in said)
    assert any(b"deliveries.deliver" in command for command in said)
    assert found(places, [CONTENT, CYRILLIC]) == {"history_chatevent.body"}
    assert found(places, hidden) == set()


def found(places: list[tuple[str, bytes]], texts: list[str]) -> set[str]:
    needles = {form for text in texts for form in forms_of(text)}
    return {name for name, value in places if any(needle in value for needle in needles)}


def opened(mail: bytes) -> bytes:
    """A mail as it is read: its parts decoded, behind the mail as it was sent."""
    parts = [part.get_payload(decode=True) for part in message_from_bytes(mail).walk()]
    return b"\n".join([mail, *(part for part in parts if isinstance(part, bytes))])
