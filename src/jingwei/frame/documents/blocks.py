"""A text that people wrote, as blocks that paper knows: paragraphs, lists, quotes, code, tables. Read by the same rules as comments are; nothing in it is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jingwei.frame.carried.rendering import markdown


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line in one manner."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False


@dataclass(slots=True)
class Block:
    """One paragraph. `kind`: plain, bullet, number, quote or code; `depth` how far it is moved in; `mark` stands before it."""

    kind: str = "plain"
    depth: int = 0
    mark: str = ""
    runs: list[Run] = field(default_factory=list)


def blocks_of(text: str) -> list[Block]:
    """The blocks of a text. Links are told with their address behind them, rows of a table as one line each."""
    out: list[Block] = []
    lists: list[int | None] = []  # the next number of each list we are in; None where it has bullets
    mark, quotes, is_in_row = "", 0, False
    for token in markdown.parse(text, {}):
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                mark = "•" if number is None else f"{number}."
                lists[-1] = None if number is None else number + 1
            case "blockquote_open" | "blockquote_close":
                quotes += token.nesting
            case "tr_open" | "tr_close":
                is_in_row = token.nesting > 0
                out += [Block()] * is_in_row
            case "inline" if is_in_row:
                out[-1].runs += [*([Run(" | ")] if out[-1].runs else []), *_runs(token.children or ())]
            case "inline":
                kind = "quote" if quotes else "plain"
                out.append(Block(("bullet" if mark == "•" else "number") if mark else kind, len(lists) + quotes, mark, _runs(token.children or ())))
                mark = ""
            case "fence" | "code_block":
                out.append(Block("code", len(lists) + quotes, mark, [Run(token.content.rstrip("\n"), is_code=True)]))
                mark = ""
    return [block for block in out if block.runs]


def _runs(children: Sequence[Any]) -> list[Run]:
    out: list[Run] = []
    bold, italic, addresses = 0, 0, []
    for child in children:
        match child.type:
            case "text":
                out.append(Run(child.content, bool(bold), bool(italic)))
            case "code_inline":
                out.append(Run(child.content, bool(bold), bool(italic), is_code=True))
            case "softbreak" | "hardbreak":
                out.append(Run("\n"))
            case "strong_open" | "strong_close":
                bold += child.nesting
            case "em_open" | "em_close":
                italic += child.nesting
            case "link_open":
                addresses.append((str(child.attrGet("href") or ""), len(out)))
            case "link_close":
                address, begun = addresses.pop()
                if address and address != "".join(run.text for run in out[begun:]):
                    out.append(Run(f" ({address})"))
    return [run for run in out if run.text]
