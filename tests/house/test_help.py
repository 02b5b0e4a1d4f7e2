"""The law of help: every page of the menu has a section of the guide, in both languages; the guide is shown inside, cleaned, and leads nowhere that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jingwei.assembly import guide as declared
from jingwei.frame.records.resource import resources
from jingwei.frame.ui import help, menu
from tests.house.conftest import House
from tests.house.test_big_imports import logged_in

languages = ("zh-hans", "en")
navigable = [
    *dict.fromkeys(item.address.partition("?")[0] for item in menu.items()),
    *(reverse(page.url_name, args=["P1"]) for page in menu._project_pages),
    *(f"/w/{each.key}/{tail}" for each in resources() for tail in ("", "1/", "1/edit/", "new/", "import/")),
    *(
        "/notices/",
        "/search/",
        "/settings/tokens/",
        "/settings/notices/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/home/widgets/",
        "/templates/",
    ),
]


def anchors(page: str, language: str) -> list[str]:
    return [heading.anchor for heading in help.guide(page, language).headings]


@pytest.mark.parametrize("path", navigable)
def test_every_page_of_the_menu_has_its_section_in_both_languages(path: str) -> None:
    page, _hash, anchor = help.section_of(path).partition("#")
    assert anchor, "no section of the guide is declared for this page: see assembly/guide.py"
    for language in languages:
        assert anchor in anchors(page, language), language


def test_every_declared_section_is_there_and_none_is_hidden_by_another() -> None:
    for pattern, section in declared.sections.items():
        page, _hash, anchor = section.partition("#")
        assert page in help.pages and anchor in anchors(page, "en"), pattern
        assert help.section_of(pattern.replace("*", "x")) == section, f"{pattern} is never reached"


@pytest.mark.parametrize("page", help.pages)
def test_both_languages_tell_the_same_in_the_same_order(page: str) -> None:
    chinese, english = (help.guide(page, language) for language in languages)
    assert [(each.level, each.anchor) for each in chinese.headings] == [(each.level, each.anchor) for each in english.headings]
    assert len(set(anchors(page, "en"))) == len(english.headings) and chinese.title != english.title
    assert all(re.search(r"[一-鿿]", each.title) or each.title.isascii() for each in chinese.headings)


@pytest.mark.parametrize("page", help.pages)
@pytest.mark.parametrize("language", languages)
def test_what_the_guide_leads_to_is_there(page: str, language: str) -> None:
    body = str(help.guide(page, language).body)
    pictures = re.findall(r'<img [^>]*src="([^"]*)"', body)
    for address in pictures:
        found = re.fullmatch(r"/help/pictures/(\w+)/([\w.-]+)", address)
        assert found and (declared.folder() / "pictures" / found[1] / found[2]).is_file(), address
        assert found[1] == help.languages[language][1], "pictures are in the reader's language"
    assert len(re.findall(r'<img [^>]*width="\d+" height="\d+"', body)) == len(pictures), "room is kept for them, so that a section stays where one was led"
    for address in re.findall(r'<a [^>]*href="([^"]*)"', body):
        assert address.startswith(("https://", "/help/")), address
    assert "<script" not in body and "onerror" not in body and all(f'id="{each}"' in body for each in anchors(page, "en"))


def test_a_hostile_guide_does_nothing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guide").mkdir()
    text = "# T\n## One\n<script>alert(1)</script> [x](javascript:alert(1)) ![x](http://evil.example/a.png) [up](../../secret.md) <img src=x onerror=y>\n"
    for ending in ("en", "zh-CN"):
        (tmp_path / "guide" / f"start.{ending}.md").write_text(text)
    monkeypatch.setattr(help.declared, "folder", tmp_path)
    help.guide.cache_clear()
    try:
        body = str(help.guide("start", "en").body)
    finally:
        help.guide.cache_clear()
    assert (
        "<script" not in body
        and "javascript:" not in body.replace("&", "").split("[x]")[0]
        and "evil" not in body
        and "secret" not in body
        and "<img src=x" not in body
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("accepted", "title", "lang"), [("zh-CN", "列表", "zh-hans"), ("en", "Lists", "en")])
def test_a_page_leads_to_its_help_in_the_readers_language(house: House, accepted: str, title: str, lang: str) -> None:
    client = logged_in(house.owner)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = accepted
    page = client.get("/w/work.task/", headers={"Accept-Language": accepted}).text
    assert page.count('href="/help/start/#lists"') >= 2, "in the top bar and beside the keys"
    told = client.get("/help/start/", headers={"Accept-Language": accepted}).text
    assert f'id="lists" tabindex="-1">{title}</h2>' in told and f'<a href="#lists">{title}</a>' in told and f'<html lang="{lang}"' in told
    assert client.get("/help/").url == "/help/start/"
    assert client.get("/help/pictures/zh/home.png").headers["Content-Type"] == "image/png"


@pytest.mark.django_db
def test_no_file_but_the_guides_own_is_served_and_nobody_reads_it_unknown(house: House) -> None:
    client = logged_in(house.owner)
    for path in (
        "/help/readme/",
        "/help/glossary/",
        "/help/pictures/zh/nothing.png",
        "/help/pictures/zh/..%2f..%2fguide%2fstart.en.md",
        "/help/pictures/../guide/start.en.md",
        "/help/pictures/zh/home.PNG",
    ):
        assert client.get(path).status_code == 404, path
    assert Client().get("/help/start/").status_code == 302
