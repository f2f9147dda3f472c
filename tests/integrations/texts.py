"""Every text that the product marks for translation, and what the Ukrainian catalogue has for it."""

import ast
import gettext
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation.template import templatize

PO = settings.BASE_DIR / "config/locale/uk/LC_MESSAGES/django.po"
ROOMS = ("integrations", "deliveries", "happ_webhooks/history")
# By name, what the literals of a call are. `_lazy` at the end changes nothing.
CALLS = {
    "_": ("words",),
    "gettext": ("words",),
    "gettext_noop": ("words",),
    "ngettext": ("words", "plural"),
    "pgettext": ("context", "words"),
    "npgettext": ("context", "words", "plural"),
}
LITERAL = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
CALL = re.compile(rf"\b({'|'.join(CALLS)})\(({LITERAL}(?:,\s*{LITERAL})*)")


class Text(NamedTuple):
    """`plural` is empty for a text that is not counted."""

    words: str
    plural: str = ""
    context: str = ""


def marked() -> set[Text]:
    """All of Python and of the templates."""
    sources = chain.from_iterable((settings.BASE_DIR / room).rglob("*.py") for room in ROOMS)
    templates = (settings.BASE_DIR / "integrations/templates").rglob("*.html")
    in_python = chain.from_iterable(of_python(path.read_text()) for path in sources)
    in_templates = chain.from_iterable(of_template(path.read_text(), str(path)) for path in templates)
    return {*in_python, *in_templates}


def of_python(source: str) -> Iterator[Text]:
    """A call with anything but literals in the place of its words is a fault: nobody could translate it."""
    for node in ast.walk(ast.parse(source)):
        name = _name(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in CALLS:
            given = [ast.literal_eval(argument) for argument in node.args[: len(CALLS[name])]]
            yield Text(**dict(zip(CALLS[name], given, strict=True)))


def _name(called: ast.expr) -> str:
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    return name.removesuffix("_lazy")


def of_template(source: str, origin: str = "") -> Iterator[Text]:
    """What Django's own extraction finds."""
    for name, literals in CALL.findall(templatize(source, origin=origin)):
        given = [ast.literal_eval(literal) for literal in re.findall(LITERAL, literals)]
        yield Text(**dict(zip(CALLS[name], given, strict=False)))


@cache
def translated() -> dict[Text, list[str]]:
    """Every text of the catalogue with its Ukrainian form, or forms; not the head of the file."""
    found = {}
    for block in PO.read_text().split("\n\n"):
        part = {
            name: _joined(lines)
            for name, lines in re.findall(r'^(msg\w+(?:\[\d\])?) ((?:".*"\n?)+)', block, re.MULTILINE)
        }
        text = Text(part.get("msgid", ""), part.get("msgid_plural", ""), part.get("msgctxt", ""))
        if text.words:
            found[text] = [form for name, form in part.items() if name.startswith("msgstr")]
    return found


def _joined(literals: str) -> str:
    return str(ast.literal_eval(f"({literals.strip()})"))


def compiled() -> dict[Any, str]:
    """What programs read, by the keys that gettext looks up."""
    with PO.with_suffix(".mo").open("rb") as file:
        catalogue: dict[Any, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    return {key: form for key, form in catalogue.items() if key}


def to_compile() -> dict[Any, str]:
    """The same of the .po."""
    made: dict[Any, str] = {}
    for text, forms in translated().items():
        key = f"{text.context}\4{text.words}" if text.context else text.words
        made |= {(key, number): form for number, form in enumerate(forms)} if text.plural else {key: forms[0]}
    return made
