"""Every error and reason has words in both languages."""

import re

import pytest
from django.utils.translation import override

from deliveries.catalogue import CODES, explain
from deliveries.models import CloseReason
from happ_webhooks.history.problems import TITLES
from happ_webhooks.wire import outcome
from happ_webhooks.wire.target import _SENTENCES
from integrations.fields import AUTH_SENTENCE, PASSWORD_SENTENCES, URL_SENTENCES
from tests.integrations import texts

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
    assert texts.marked() - set(texts.translated()) == set()


def test_no_translation_is_empty_and_counted_ones_have_the_four_ukrainian_forms() -> None:
    forms = {text: found for text, found in texts.translated().items() if text.plural}
    assert forms
    assert {text: found for text, found in forms.items() if len(found) != 4} == {}
    assert {text: found for text, found in texts.translated().items() if not found or not all(found)} == {}


def test_what_programs_read_is_what_translators_wrote() -> None:
    assert texts.compiled() == texts.to_compile()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('_("New" " text")', texts.Text("New text")),
        ('translation.gettext_lazy(\n    "New"\n)', texts.Text("New")),
        ('ngettext("day", "days", count)', texts.Text("day", "days")),
        ('pgettext("phase of a try", "DNS")', texts.Text("DNS", context="phase of a try")),
        ('npgettext_lazy("wait", "day", "days", 2)', texts.Text("day", "days", "wait")),
    ],
)
def test_a_text_of_a_program_is_found_however_it_is_marked(source: str, found: texts.Text) -> None:
    assert list(texts.of_python(source)) == [found]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% translate "New" %}', texts.Text("New")),
        ('{% translate "New" context "pill" %}', texts.Text("New", context="pill")),
        ("{% blocktranslate %}New {{ x }}{% endblocktranslate %}", texts.Text("New %(x)s")),
        (
            "{% blocktranslate count n=x context 'pill' %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}",
            texts.Text("%(n)s day", "%(n)s days", "pill"),
        ),
        ('{% include "x.html" with name=_("Copy the URL") %}', texts.Text("Copy the URL")),
    ],
)
def test_a_text_of_a_template_is_found_however_it_is_marked(source: str, found: texts.Text) -> None:
    assert list(texts.of_template(source)) == [found]


def test_words_that_nobody_could_translate_are_no_text() -> None:
    with pytest.raises(ValueError, match="malformed"):
        list(texts.of_python('_(f"Hello {name}")'))
