"""What people write, as HTML that does nothing: Markdown without raw HTML, pictures and headings, cleaned once more, links to http, https and mailto only."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from jingwei.frame.models import User

_address = r"https?://[^\s<>\"'，。；：！？（）【】《》、]+[^\s<>\"'，。；：！？（）【】《》、.,;:!?)\]}*_~]"
_tags = {"p", "br", "b", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "table", "thead", "tbody", "tr", "th", "td"}


def as_html(text: str, mentioned: Collection[User]) -> SafeString:
    """The text as HTML. Names of those who were mentioned are marked; any other @name is left as it was typed."""
    names = {f"@{user.username}".lower(): str(user) for user in mentioned}
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(f"({_address})" + (f"|(?<![A-Za-z0-9._+-])(?:{longest_first})(?![A-Za-z0-9_])" if names else ""), re.IGNORECASE)
    made = markdown.render(text, {"pattern": pattern, "names": names, "links": 0})
    return mark_safe(  # noqa: S308  (what nh3 has cleaned)
        nh3.clean(
            made, tags=_tags, attributes={"a": {"href"}}, allowed_classes={"b": {"jw-mention"}}, url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow", strip_comments=True,
        )
    )  # fmt: skip


def _text(self: RendererHTML, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """Plain text: addresses become links (not inside of one), mentions are marked."""
    text, out, end = tokens[index].content, [], 0
    for found in env["pattern"].finditer(text):
        out.append(escape(text[end : found.start()]))
        said, end = found.group(), found.end()
        if said[0] == "@":
            name = env["names"].get(said.lower())  # none when only letters that look alike were matched, such as a dotless i
            out.append(escape(said) if name is None else f'<b class="jw-mention">@{escape(name)}</b>')
        else:
            out.append(escape(said) if env["links"] else f'<a href="{escape(said)}">{escape(said)}</a>')
    return "".join((*out, escape(text[end:])))


def _link(self: RendererHTML, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    env["links"] += tokens[index].nesting
    return self.renderToken(tokens, index, options, env)


markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20})
markdown.enable(["table", "strikethrough"]).disable(["image", "heading", "lheading", "html_block", "html_inline", "hr", "reference"])
for _name, _rule in (("text", _text), ("link_open", _link), ("link_close", _link)):
    markdown.add_render_rule(_name, _rule)
