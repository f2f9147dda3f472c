"""What happened at an attempt is said in Ukrainian too, though the log keeps it in English."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils.translation import override

from deliveries.details import SENTENCES, in_words
from happ_webhooks.wire.target import LONGEST_URL

SOURCES = (
    *("happ_webhooks/wire/faults.py", "happ_webhooks/wire/sender.py", "happ_webhooks/wire/target.py"),
    *("deliveries/sending.py", "deliveries/courier/run.py"),
)
#: What stands for an expression within a sentence.
KNOWN = {"LONGEST_URL": str(LONGEST_URL), "status": "418"}


def sentences(source: str) -> Iterator[str]:
    """Every text of a program that ends like a sentence and is no docstring."""
    tree = ast.parse((settings.BASE_DIR / source).read_text())
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values}
        text = "" if id(node) in passed else _text(node)
        if re.fullmatch(r"\S+ .*\.", text):
            yield text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.FormattedValue):
        return KNOWN.get(ast.unparse(node.value), "")
    return "".join(_text(part) for part in node.values) if isinstance(node, ast.JoinedStr) else ""


FOUND = sorted({sentence for source in SOURCES for sentence in sentences(source)})


@pytest.mark.parametrize("sentence", FOUND)
def test_every_sentence_of_an_attempt_has_its_ukrainian_words(sentence: str) -> None:
    with override("en"):
        assert in_words(sentence) == sentence
    with override("uk"):
        ukrainian = in_words(sentence)
    assert ukrainian
    assert re.search("[а-яіїєґ]", ukrainian)
    assert "%" not in ukrainian


def test_no_sentence_is_kept_that_nobody_writes() -> None:
    assert set(FOUND) == SENTENCES | {"The receiver answered with status 418."}


def test_what_is_not_known_has_no_words_of_its_own() -> None:
    assert in_words("A sentence of an older version.") is None
    assert in_words("") is None
    assert in_words("The receiver answered with status 418. And more.") is None
