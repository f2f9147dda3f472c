"""What Django itself cannot take is answered all the same."""

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
