"""Help of the page: the guide inside the application, in the reader's language, opened at the section that speaks of the page one is on."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import nh3
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

pages = ("start", "integration", "numbers")
languages = {"zh-hans": ("zh-CN", "zh"), "en": ("en", "en")}  # how the files of a language end, and the folder of its pictures
_headings = {"h2", "h3", "h4"}
_tags = {"p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "img", "table", "thead", "tbody", "tr", "th", "td", *_headings}
_attributes = {"a": {"href"}, "img": {"src", "alt", "loading", "width", "height"}, **{name: {"id", "tabindex"} for name in _headings}}
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_picture = re.compile(r"(?:\.\./)?pictures/([a-z]{2})/([a-z0-9-]+\.png)")
_page_link = re.compile(r"([a-z]+)\.(?:en|zh-CN)\.md(#[\w-]+)?")


@dataclass(slots=True)
class Declared:
    """What the house says of its guide: the folder with `guide` and `pictures`, and the section for each page."""

    folder: Path = Path()
    sections: Mapping[str, str] | None = None


declared = Declared()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page of the guide. Its `anchor` is the same in every language: the English words."""

    level: int
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Guide:
    """One page of the guide in one language."""

    title: str
    headings: tuple[Heading, ...]
    body: SafeString


def declare(folder: Path, sections: Mapping[str, str]) -> None:
    """Say where the guide lies and which section helps where: patterns of addresses → `page#section`, the first that fits counts."""
    declared.folder, declared.sections = folder, sections
    guide.cache_clear()


def section_of(path: str) -> str:
    """The section that helps on the page of this address; the beginning of the guide when none is meant."""
    return next((section for pattern, section in (declared.sections or {}).items() if fnmatchcase(path, pattern)), pages[0])


def address_of(path: str) -> str:
    """Where the help of a page stands."""
    page, hash_mark, anchor = section_of(path).partition("#")
    return reverse("help", args=[page]) + hash_mark + anchor


@lru_cache(maxsize=16)
def guide(page: str, language: str) -> Guide:
    """A page of the guide, made ready once."""
    tokens, english = _tokens(page, language), _tokens(page, "en")
    anchors = _anchors(_titles(english))
    headings, title, out, at = list[Heading](), "", list[Token](), 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open":
            level, words = int(token.tag[1]), _words(tokens[at + 1])
            if level == 1:
                title, at = words, at + 3
                continue
            anchor = anchors[len(headings)] if len(headings) < len(anchors) else f"section-{len(headings)}"
            headings.append(Heading(level, anchor, words))
            token.attrSet("id", anchor)
            token.attrSet("tabindex", "-1")
        _lead_inside(token.children or ())
        out.append(token)
        at += 1
    made = _markdown.renderer.render(out, _markdown.options, {})
    clean = nh3.clean(made, tags=_tags, attributes=_attributes, url_schemes={"http", "https"}, link_rel="noopener noreferrer")
    return Guide(title, tuple(headings), mark_safe(clean))  # noqa: S308  (what nh3 has cleaned)


def _tokens(page: str, language: str) -> list[Token]:
    return _markdown.parse((declared.folder / "guide" / f"{page}.{languages[language][0]}.md").read_text(encoding="utf-8"))


def _titles(tokens: Sequence[Token]) -> list[str]:
    return [_words(tokens[at + 1]) for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag != "h1"]


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _anchors(titles: Sequence[str]) -> list[str]:
    return ["-".join(re.findall(r"[a-z0-9]+", title.lower().replace("’", ""))) for title in titles]


def _lead_inside(tokens: Sequence[Token]) -> None:
    """Pictures and links of the files lead to where these are served; a link to what is not served leads nowhere."""
    for token in tokens:
        if token.type == "image":
            found = _picture.fullmatch(str(token.attrGet("src")))
            token.attrSet("src", reverse("help-picture", args=found.groups()) if found else "")
            token.attrSet("loading", "lazy")
            for name, size in zip(("width", "height"), _size(declared.folder / "pictures" / found[1] / found[2]) if found else (), strict=False):
                token.attrSet(name, str(size))
        elif token.type == "link_open":
            to = str(token.attrGet("href"))
            if inside := _page_link.fullmatch(to):
                token.attrSet("href", reverse("help", args=[inside[1]]) + (inside[2] or ""))
            elif not to.startswith(("https://", "http://", "#")):
                token.attrs.pop("href")


def _size(path: Path) -> tuple[int, ...]:
    """Width and height of a PNG, as it says itself: the page keeps the room free, or what one was led to would move away while pictures come."""
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        return struct.unpack(">II", file.read(24)[16:24])


@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """The guide from its beginning."""
    return redirect("help", page=pages[0])


@require_safe
def page(request: HttpRequest, page: str) -> HttpResponse:
    """One page of the guide, with what it and the others hold."""
    if page not in pages:
        raise Http404
    language = "en" if getattr(request, "LANGUAGE_CODE", "") == "en" else "zh-hans"
    shelf = [(name, guide(name, language)) for name in pages]
    return render(request, "frame/help.html", {"guide": dict(shelf)[page], "shelf": shelf, "page": page})


@require_safe
def picture(request: HttpRequest, language: str, name: str) -> FileResponse:
    """A picture of the guide."""
    path = declared.folder / "pictures" / language / name
    if _picture.fullmatch(f"pictures/{language}/{name}") is None or not path.is_file():
        raise Http404
    answer = FileResponse(io.BytesIO(path.read_bytes()), content_type="image/png")
    answer["Cache-Control"] = "private, max-age=86400"
    return answer
