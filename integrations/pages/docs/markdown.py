"""The Markdown of docs/receivers as HTML, with links that fit the site."""

import itertools
from collections.abc import Sequence
from functools import cache
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

from deliveries.receiver_docs import folder

#: What the repository has as a file and the site as a page of its own.
API_DOCUMENT: Final = "../../openapi.yaml"


@cache
def names() -> frozenset[str]:
    """Every page, without its ending. Nothing else is ever read: an address cannot lead out of the folder."""
    return frozenset(path.name.removesuffix(".md") for path in folder().glob("*.md"))


@cache
def files() -> dict[str, str]:
    """What pages link to that is no page, by its path below the folder."""
    found = [*folder().glob("*.json"), *(each for each in (folder() / "samples").iterdir() if each.is_file())]
    return {str(path.relative_to(folder())): path.read_text() for path in found}


@cache
def page(name: str) -> tuple[str, SafeString]:
    """The title and the HTML of one of `names`. The text is ours, so that its HTML may stand as it is."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = renderer.parse((folder() / f"{name}.md").read_text())
    title = next(after.content for token, after in itertools.pairwise(tokens) if token.type == "heading_open")
    _fit(tokens)
    return title, SafeString(renderer.renderer.render(tokens, renderer.options, {}))


def _fit(tokens: Sequence[Token]) -> None:
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and after is not None:
            token.attrSet("id", slugify(after.content, allow_unicode=True))
        if token.type in ("fence", "code_block", "table_open"):
            token.attrSet("tabindex", "0")  # What scrolls by itself must be reached by keyboard.
        if token.type == "inline":
            for child in token.children or ():
                if child.type == "link_open":
                    child.attrSet("href", _address(str(child.attrGet("href"))))


def _address(link: str) -> str:
    path, mark, anchor = link.partition("#")
    if "://" in link or not path:
        return link
    if path == API_DOCUMENT:
        return reverse("docs")
    if path.endswith(".md"):
        return reverse("docs-page", args=[path.removesuffix(".md")]) + mark + anchor
    return reverse("docs-file", args=[path])
