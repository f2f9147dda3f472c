"""Every error and reason has words in both languages."""

import ast
import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override
from django.utils.translation.template import templatize

from deliveries.catalogue import CODES, explain
from deliveries.models import CloseReason
from happ_webhooks.history.problems import TITLES
from happ_webhooks.wire import outcome
from happ_webhooks.wire.target import _SENTENCES
from integrations.fields import AUTH_SENTENCE, PASSWORD_SENTENCES, URL_SENTENCES

NAMED = (
    *("HTTP_401", "HTTP_403", "HTTP_404", "HTTP_405", "HTTP_410", "HTTP_429", "HTTP_418", "HTTP_500", "HTTP_503"),
    *outcome.CODES,
    *CloseReason.values,
)
OTHERS = ("HTTP_199", "HTTP_600", "NOT_KNOWN", "")


@pytest.mark.parametrize("code", [*NAMED, *OTHERS])
def test_every_code_says_in_both_languages_what_happened_and_what_to_do(code: str) -> None:
    with override("en"):
        english = explain(code)
    with override("uk"):
        ukrainian = explain(code)
    for text in (english.title, english.detail, ukrainian.title, ukrainian.detail):
        assert text
        assert "%" not in text
    assert english.title != ukrainian.title
    assert english.detail != ukrainian.detail
    assert re.search("[а-яіїєґ]", ukrainian.title + ukrainian.detail)


def test_codes_with_words_of_their_own_are_those_of_the_wire_and_of_closing() -> None:
    assert {code for code in CODES if not code.startswith("HTTP_")} == {*outcome.CODES, *CloseReason.values}


def test_no_two_codes_share_a_title() -> None:
    assert len({explain(code).title for code in CODES}) == len(CODES)


def test_other_statuses_are_named_in_their_sentence() -> None:
    with override("en"):
        assert explain("HTTP_418").detail == (
            "Your service refused the request with status 418. Check the URL and your service logs."
        )
        assert explain("HTTP_503") == explain("HTTP_500")
        assert explain("HTTP_401").title == "Wrong password"
    with override("uk"):
        assert explain("HTTP_401").title == "Неправильний пароль"
        assert explain("TIMEOUT").title == "Повільна відповідь"


@pytest.mark.parametrize(
    "text", [*TITLES.values(), *URL_SENTENCES.values(), *PASSWORD_SENTENCES.values(), AUTH_SENTENCE], ids=str
)
def test_every_sentence_of_the_form_is_translated(text: object) -> None:
    with override("en"):
        english = str(text)
    with override("uk"):
        assert str(text) != english


def test_every_verdict_on_a_url_has_a_sentence() -> None:
    assert set(_SENTENCES) <= set(URL_SENTENCES)


def test_every_marked_text_of_the_product_has_a_translation() -> None:
    missing = {text for path in _sources() for text in _marked(path) if text not in _entries()}
    assert missing == set()


def test_every_text_of_the_templates_has_a_translation() -> None:
    assert {text for text in _texts_of_templates() if text not in _entries()} == set()


def test_counted_texts_have_the_four_ukrainian_forms() -> None:
    counted = {text: forms for text, forms in _entries().items() if len(forms) != 1}
    assert counted
    assert {text: forms for text, forms in counted.items() if len(forms) != 4 or not all(forms)} == {}


def _sources() -> list[Path]:
    rooms = ("integrations", "deliveries", "happ_webhooks/history")
    return list(chain.from_iterable((settings.BASE_DIR / room).rglob("*.py") for room in rooms))


def _texts_of_templates() -> set[str]:
    """What Django's own extraction finds in them: `_`, `gettext` and `ngettext` calls, literals joined."""
    texts: set[str] = set()
    for path in (settings.BASE_DIR / "integrations/templates").rglob("*.html"):
        code = templatize(path.read_text(), origin=str(path))
        texts |= {
            ast.literal_eval(found)
            for found in re.findall(r"""gettext\((u?"(?:[^"\\]|\\.)*"|u?'(?:[^'\\]|\\.)*')""", code)
        }
    return texts


@cache
def _entries() -> dict[str, list[str]]:
    """Every text of the catalogue with its Ukrainian form, or forms."""
    po = (settings.BASE_DIR / "config/locale/uk/LC_MESSAGES/django.po").read_text()
    found = {}
    for block in po.split("\n\n"):
        named = re.search(r'^msgid ((?:".*"\n?)+)', block, re.MULTILINE)
        forms = re.findall(r'^msgstr(?:\[\d\])? ((?:".*"\n?)+)', block, re.MULTILINE)
        if named:
            found[_joined(named[1])] = [_joined(form) for form in forms]
    return found


def _marked(path: Path) -> list[str]:
    found = re.findall(r"""(?:\b_|gettext|gettext_lazy)\(\s*((?:f?(?:"[^"\n]*"|'[^'\n]*')\s*)+)\)""", path.read_text())
    return [_joined(text) for text in found]


def _joined(literals: str) -> str:
    return str(ast.literal_eval(f"({literals.strip()})"))
