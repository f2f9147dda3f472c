"""What Django itself cannot take is answered all the same, and the first event waits for no import."""

import json
import subprocess
import sys
from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest

from config.wsgi import application


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["base64", "rot13", "utf-8", '"idna"'])
def test_a_charset_that_is_none_does_no_harm(charset: str) -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/livez",
        "QUERY_STRING": "a=b",
        "CONTENT_TYPE": f"application/json; charset={charset}; x=y",
        "HTTP_HOST": "localhost",
        "wsgi.input": BytesIO(b""),
    }
    setup_testing_defaults(environ)
    seen: list[str] = []

    body = b"".join(application(environ, lambda status, headers: seen.append(status)))

    assert seen == ["200 OK"]
    assert body == b"ok\n"


FIRST_WAKE = """
import json, sys
import config.wsgi
from deliveries import wakes
from deliveries.metering.counted import WAKES_SENT

before = set(sys.modules)
wakes.send(0, troubled=False)
print(json.dumps({"sent": WAKES_SENT.labels("fresh")._value.get(), "loaded": sorted(set(sys.modules) - before)}))
"""


def test_a_web_process_has_loaded_all_that_its_first_wake_needs() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_WAKE], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == {"sent": 1, "loaded": []}
