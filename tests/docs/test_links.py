"""Every link of the docs leads somewhere, in the repository and on the site."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.text import slugify

from integrations.pages.docs import markdown

LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
EVERY_PAGE = sorted(Path(settings.BASE_DIR).glob("*.md")) + sorted((Path(settings.BASE_DIR) / "docs").rglob("*.md"))


def anchors(page: Path) -> set[str]:
    return {slugify(head, allow_unicode=True) for head in re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)}


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(settings.BASE_DIR)))
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        target = page if not path else page.parent / path
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            broken.append(link)
    assert broken == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(markdown.names()))
def test_a_page_of_the_site_has_working_links_and_its_own_title(client: Client, name: str) -> None:
    answer = client.get(f"/docs/{name}/")
    assert answer.status_code == 200
    html = answer.content.decode()
    assert f"<title>{markdown.page(name)[0]}".replace("'", "&#x27;") in re.sub(r"<title>\s+", "<title>", html)
    text = html.partition("<article")[2].partition("</article>")[0]
    for address in re.findall(r'href="(/[^"#]*)', text):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("name", sorted(markdown.names()))
def test_every_heading_of_a_page_has_an_anchor_of_its_own(name: str) -> None:
    ids = re.findall(r'<h\d id="([^"]*)"', markdown.page(name)[1])
    assert len(ids) == len(re.findall(r"<h\d", markdown.page(name)[1]))
    assert "" not in ids
    assert len(set(ids)) == len(ids)


def test_a_heading_in_ukrainian_has_an_anchor() -> None:
    assert 'id="пять-кроків"' in markdown.page("README.uk")[1]


@pytest.mark.django_db
def test_the_quick_start_is_in_the_language_of_the_reader(client: Client) -> None:
    assert "Як отримувати події HAPP" in client.get("/docs/", headers={"accept-language": "uk"}).content.decode()
    assert "Receiving HAPP events" in client.get("/docs/", headers={"accept-language": "en"}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/docs/nothing/",
        "/docs/..%2F..%2FREADME/",
        "/docs/files/../../README.md",
        "/docs/files/samples/%2e%2e/README.md",
    ],
    ids=["unknown", "page-outside", "file-outside", "encoded"],
)
def test_nothing_outside_the_folder_is_shown(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_samples_are_shown_as_text(client: Client) -> None:
    answer = client.get("/docs/files/samples/receiver.php")
    assert answer["content-type"] == "text/plain; charset=utf-8"
    assert answer.content.startswith(b"<?php")
