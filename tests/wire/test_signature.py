from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from happ_webhooks.wire.signature import new_signing_secret, sign

BODY = '{"text":"Доброго дня! Чи є iPhone 17 у наявності?"}'.encode()


def test_the_known_vector_of_standard_webhooks() -> None:
    signed = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_is_32_random_bytes() -> None:
    first, second = new_signing_secret(), new_signing_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_old_and_new_secret_both_verify_during_a_rotation() -> None:
    new, old, now = new_signing_secret(), new_signing_secret(), int(time.time())
    signature = sign([new, old], "evt_1", now, BODY)
    assert signature.count(" ") == 1
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(now), "webhook-signature": signature}
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)["text"].startswith("Доброго")
    with pytest.raises(WebhookVerificationError):
        Webhook(new_signing_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(BODY + b" ", headers)


@pytest.mark.parametrize("secret", ["", "hunter2!", "whsec_", "whsec_не-секрет", "whsec_!!!!", "whsec_abc", "MfKQ9r8G"])
def test_what_is_no_signing_secret_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^A signing secret is whsec_ followed by base64\.$") as caught:
        sign([secret], "evt_1", 1, b"")
    assert caught.value.__suppress_context__
