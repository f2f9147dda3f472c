from __future__ import annotations

import base64

import pytest

from happ_webhooks.wire.request import Auth, auth_as_json, headers, parse_auth, password_problem
from happ_webhooks.wire.signature import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def sent(password: str | None = "secret", auth: Auth = Auth(), test: bool = False) -> dict[str, str]:  # noqa: B008
    return headers(
        event_id="evt_1",
        timestamp=1779708607,
        body=b"{}",
        secrets=[SECRET],
        password=password,
        auth=auth,
        attempt=3,
        test=test,
    )


BASE = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "HAPP-Webhooks/1",
    "accept-encoding": "identity",
    "webhook-id": "evt_1",
    "webhook-timestamp": "1779708607",
    "webhook-signature": sign([SECRET], "evt_1", 1779708607, b"{}"),
    "happ-attempt": "3",
}


def test_the_password_is_a_bearer_token_unless_asked_otherwise() -> None:
    assert sent() == {**BASE, "authorization": "Bearer secret"}


def test_without_a_password_nothing_is_sent_for_it() -> None:
    assert sent(None) == BASE
    assert sent(None, Auth("header", "x-make-apikey")) == BASE


def test_basic_uses_the_user_happ() -> None:
    value = sent("pass word", Auth("basic"))["authorization"]
    assert base64.b64decode(value.removeprefix("Basic ")) == b"happ:pass word"


def test_an_own_header_carries_the_password_alone() -> None:
    assert sent(auth=Auth("header", "x-make-apikey")) == {**BASE, "x-make-apikey": "secret"}


def test_only_pings_and_test_events_say_so() -> None:
    assert sent(test=True) == {**BASE, "authorization": "Bearer secret", "happ-test": "1"}


@pytest.mark.parametrize(
    ("value", "auth"),
    [
        ({"scheme": "bearer"}, Auth()),
        ({"scheme": "basic"}, Auth("basic")),
        ({"scheme": "header", "header": "X-Make-ApiKey"}, Auth("header", "x-make-apikey")),
        ({"scheme": "header", "header": "x-" + "a" * 62}, Auth("header", "x-" + "a" * 62)),
    ],
)
def test_auth_is_read_and_written(value: object, auth: Auth) -> None:
    assert parse_auth(value) == auth
    assert parse_auth(auth_as_json(auth)) == auth


@pytest.mark.parametrize(
    "value",
    [
        None,
        "bearer",
        [],
        {},
        {"scheme": "digest"},
        {"scheme": ["bearer"]},
        {"scheme": "bearer", "header": "x-a"},
        {"scheme": "basic", "user": "me"},
        {"scheme": "header"},
        {"scheme": "header", "header": None},
        {"scheme": "header", "header": "x-a", "more": 1},
        *(
            {"scheme": "header", "header": name}
            for name in ("", "x-", "x-a b", "x-a:", "x-a\r\n", "x-а", "authorization", "host", "webhook-id", "X" * 64)
        ),
        {"scheme": "header", "header": "x-" + "a" * 63},
    ],
)
def test_any_other_auth_is_refused_with_one_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"^auth.*\.$"):
        parse_auth(value)


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("a", None),
        ("a" * 512, None),
        ("two words ~!", None),
        ("", "empty"),
        ("a" * 513, "too_long"),
        ("пароль", "not_printable"),
        ("pässword", "not_printable"),
        ("a\r\nb", "not_printable"),
        ("a\tb", "not_printable"),
        ("a\x7f", "not_printable"),
        ("a\x00", "not_printable"),
        (" a", "outer_blank"),
        ("a ", "outer_blank"),
        (" ", "outer_blank"),
    ],
)
def test_a_password_that_would_not_arrive_unchanged_has_a_problem(password: str, problem: str | None) -> None:
    assert password_problem(password) == problem
