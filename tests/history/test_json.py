"""Reading JSON: what no receiver could be sent is refused, with a reason and its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from happ_webhooks.history.parsers import DEEPEST, LARGEST_BODY, MOST_NAMED, parse
from happ_webhooks.history.problems import Problem

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
PLAIN = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(PLAIN | TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=30)


def refused(raw: bytes) -> Problem:
    with pytest.raises(Problem) as raised:
        parse(raw)
    return raised.value


@given(value=VALUES, escaped=st.booleans())
def test_all_that_can_be_sent_is_read_as_it_stands(value: Any, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused_with_a_reason(raw: bytes) -> None:
    try:
        parse(raw)
    except Problem as refusal:
        answered = (refusal.problem_code, refusal.status_code, bool(refusal.errors))
    else:
        return
    assert answered in {("validation", 400, True), ("validation", 422, True)}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1,]",
        b"'a'",
        b'{"a":1}x',
        b'"\x00"',
        b'"a\nb"',
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\x1f\x8b\x08",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e400",
        b"-1e400",
        b"1" * 301,
        b"9" * 5000,
        b"[" * 200_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda raw: str(raw[:12]),
)
def test_what_is_not_json_is_refused_as_a_whole(raw: bytes) -> None:
    problem = refused(raw)
    assert (problem.problem_code, problem.status_code) == ("validation", 400)
    assert [(error.pointer, error.code) for error in problem.errors] == [("", "json")]


@pytest.mark.parametrize(
    ("raw", "pointers"),
    [
        (rb'{"a":"x\u0000"}', ["/a"]),
        (rb'{"a":["ok","\ud83d"]}', ["/a/1"]),
        (rb'{"a":"\ude00\ud83d"}', ["/a"]),
        (rb'{"\ud83d":1}', ["/?"]),
        (rb'{"a\u0000b":{"\udc00/~":2}}', ["/a?b", "/a?b/?~1~0"]),
        (rb'"\\\ud83d"', [""]),
        (rb'["\\ud83d\ude00"]', ["/0"]),
    ],
)
def test_nul_and_half_characters_are_refused_by_place(raw: bytes, pointers: list[str]) -> None:
    problem = refused(raw)
    assert (problem.problem_code, problem.status_code) == ("validation", 422)
    assert [error.pointer for error in problem.errors] == pointers


@pytest.mark.parametrize("raw", [rb'"\ud83d\ude00"', rb'"\\u0000 \\ud83d"', '"Ґанок 😀"'.encode(), b"1e308", b"1e-400"])
def test_what_only_looks_like_them_is_taken(raw: bytes) -> None:
    assert parse(raw) == json.loads(raw)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_as_many_levels_are_taken_as_promised_and_not_one_more(opening: str, closing: str) -> None:
    def nested(levels: int) -> bytes:
        inner = "[]" if opening == "[" else "{}"
        return (opening * (levels - 1) + inner + closing * (levels - 1)).encode()

    parse(nested(DEEPEST))
    step = "/0" if opening == "[" else "/a"
    assert [error.pointer for error in refused(nested(DEEPEST + 1)).errors] == [step * DEEPEST]


def test_a_mebibyte_is_taken_and_not_one_byte_more() -> None:
    whole = b'"' + b"x" * (LARGEST_BODY - 2) + b'"'
    assert len(parse(whole)) == LARGEST_BODY - 2
    problem = refused(whole + b" ")
    assert (problem.problem_code, problem.status_code, problem.errors) == ("too_large", 413, ())


def test_a_body_full_of_errors_gets_an_answer_of_bounded_length() -> None:
    assert len(refused(json.dumps(["\0"] * 20_000).encode()).errors) == MOST_NAMED
