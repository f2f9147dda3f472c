"""What a Sentry gets of an error in a real process: where it happened, and nothing of what was handled there."""

import json
from pathlib import Path
from typing import Any

from tests.config.collectors import collector
from tests.config.test_environment import start

CANARY = "canary-4711"
# A view that fails, asked with the canary in its body, a header, a cookie and the query; then the log of the engine.
PROGRAM = f"""
import django, logging; django.setup()
from django.test import Client
from django.urls import path
from config import urls
def failing(request, word):
    password = "{CANARY}" + request.body.decode()
    raise ValueError("a bug near " + password)
urls.urlpatterns.append(path("failing/<str:word>/", failing))
client = Client(raise_request_exception=False, headers={{"authorization": "{CANARY}", "cookie": "a={CANARY}"}})
answer = client.post("/failing/{CANARY}/?q={CANARY}", {{"message": "{CANARY}"}}, HTTP_HOST="localhost")
assert answer.status_code == 500
logging.getLogger("deliveries.courier.run").warning("{CANARY} in a breadcrumb")
logging.getLogger("deliveries.courier.run").error("no key opens %s", "{CANARY}", extra={{"detail": "{CANARY}"}})
"""


def reported(program: str, **variables: str) -> tuple[list[dict[str, Any]], bytes]:
    """The events of the envelopes that arrived, and all that did."""
    with collector() as it:
        started = start("-c", program, SENTRY_DSN=f"http://key@{it.url}/7", **variables)
    assert started.returncode == 0, started.stderr
    lines = [json.loads(line) for body in it.bodies for line in body.splitlines() if line]
    return [line for line in lines if "level" in line], b"".join(it.bodies) + "".join(it.heads).encode()


def test_an_error_arrives_with_its_place_and_nothing_that_was_handled_there() -> None:
    events, everything = reported(PROGRAM)

    failed, told = events
    [raised] = failed["exception"]["values"]
    assert (raised["type"], raised.get("value")) == ("ValueError", None)
    assert raised["stacktrace"]["frames"][-1]["function"] == "failing"
    assert (failed["level"], failed["logger"]) == ("error", "django.request")
    assert told["logentry"] == {"message": "no key opens %s"}
    assert {"request", "user", "extra", "breadcrumbs", "contexts", "modules"} & {*failed, *told} == set()
    assert CANARY.encode() not in everything


def test_where_to_may_be_kept_in_a_file(tmp_path: Path) -> None:
    with collector() as it:
        (tmp_path / "dsn").write_text(f"http://key@{it.url}/7\n")
        program = "import logging; from config import settings; logging.getLogger('deliveries').error('an error')"
        started = start("-c", program, SENTRY_DSN_FILE=str(tmp_path / "dsn"))

    assert (started.returncode, len(it.bodies)) == (0, 1)


QUIET = """
import django, logging; django.setup()
from django.test import Client
Client(headers={"host": "localhost"}).get("/nowhere")
Client().get("/")
logging.getLogger("deliveries").warning("a wake was lost")
"""


def test_warnings_and_refused_requests_are_no_errors() -> None:
    assert reported(QUIET) == ([], b"")
