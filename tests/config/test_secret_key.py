"""The key of sessions is replaced without anybody being signed out."""

from pathlib import Path

from django.conf import settings
from django.core import signing
from django.test import override_settings

from tests.config.test_environment import start

SHOW = "from config import settings; print(settings.SECRET_KEY_FALLBACKS)"


def test_what_an_earlier_key_signed_is_valid_while_it_is_a_fallback() -> None:
    signed = signing.dumps("hello")

    with override_settings(SECRET_KEY="y" * 50, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert signing.loads(signed) == "hello"


def test_earlier_keys_are_read_from_a_variable_or_a_file(tmp_path: Path) -> None:
    kept = tmp_path / "keys"
    kept.write_text("old, older\n")

    assert start("-c", SHOW).stdout == "[]\n"
    assert start("-c", SHOW, HAPP_SECRET_KEY_FALLBACKS="old,older").stdout == "['old', 'older']\n"
    assert start("-c", SHOW, HAPP_SECRET_KEY_FALLBACKS_FILE=str(kept)).stdout == "['old', 'older']\n"
