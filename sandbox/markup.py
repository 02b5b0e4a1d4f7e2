"""HTML of the pages: frame, tables, forms; every text escaped, in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Literal

from sandbox.columns import Column, Pair, Values
from sandbox.system import beijing
from sandbox.web import Request

Language = Literal["zh", "en"]

texts: dict[str, Pair] = {
    "add": ("新建", "New"),
    "attempts": ("次数", "Attempts"),
    "by": ("修改人", "Changed by"),
    "delete": ("删除", "Delete"),
    "deleted": ("已删除。", "Deleted."),
    "deliveries": ("最近推送", "Recent deliveries"),
    "address": ("地址", "Address"),
    "answer": ("应答", "Answer"),
    "event": ("事件", "Event"),
    "faults": ("故障开关", "Faults"),
    "faults_intro": (
        "这里打开的故障只影响接口与推送，不影响网页。",
        "What is switched on here strikes the API and the webhooks, never the pages.",
    ),
    "fix": ("请更正下列字段：", "Please mend these fields:"),
    "next": ("下一页", "Next"),
    "none": ("没有记录。", "No records."),
    "previous": ("上一页", "Previous"),
    "register": ("登记", "Register"),
    "registrations": ("推送登记", "Registrations"),
    "save": ("保存", "Save"),
    "saved": ("已保存。", "Saved."),
    "search": ("搜索", "Search"),
    "secret": ("签名密钥", "Signing secret"),
    "skip": ("跳到正文", "Skip to content"),
    "stale": ("此记录刚被别人改过，下面是最新内容。", "Somebody else has just changed this record; these are its newest values."),
    "state": ("状态", "State"),
    "total": ("共 {n} 条", "{n} records"),
    "updated": ("更新时间", "Updated"),
    "waiting": ("待送", "Waiting"),
    "webhooks": ("推送", "Webhooks"),
    "sandbox": ("演示系统", "Demo system"),
}


def language_of(request: Request) -> Language:
    """`?lang=`, then the cookie, then what the browser prefers; Chinese when nothing is said."""
    for said in (request.query.get("lang"), request.cookies.get("lang")):
        if said in ("zh", "en"):
            return said  # type: ignore[return-value]
    best: tuple[float, Language] = (0.0, "zh")
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        name = tag[:2].lower()
        if name in ("zh", "en") and quality > best[0]:
            best = (quality, name)  # type: ignore[assignment]
    return best[1]


def said(pair: Pair, language: Language) -> str:
    """The text of a pair."""
    return pair[language == "en"]


def text(key: str, language: Language) -> str:
    """A fixed text."""
    return said(texts[key], language)


def moment_text(at_ms: int) -> str:
    """A time as people in Beijing read it."""
    return datetime.fromtimestamp(at_ms / 1000, beijing).strftime("%Y-%m-%d %H:%M:%S")


def page(*, language: Language, title: str, system: str, company: str, nav: Sequence[tuple[str, str, bool]], body: str, here: str) -> str:
    """A whole document. `nav` is (address, title, is current)."""
    links = "".join(f'<a href="{escape(address)}"{" aria-current=page" if current else ""}>{escape(name)}</a>' for address, name, current in nav)
    other = "en" if language == "zh" else "zh"
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/static/icon.svg">'
        f'<link rel="stylesheet" href="/static/sandbox.css"><title>{escape(title)} · {escape(system)}</title></head><body>'
        f'<a class="skip" href="#main">{text("skip", language)}</a>'
        f'<header><p class="brand"><strong>{escape(system)}</strong><span>{escape(company)} · {text("sandbox", language)}</span></p>'
        f'<nav>{links}</nav><a class="language" lang="{"en" if other == "en" else "zh-CN"}" href="{escape(here)}?lang={other}">'
        f"{'English' if other == 'en' else '中文'}</a></header>"
        f'<main id="main"><h1>{escape(title)}</h1>{body}</main></body></html>'
    )


def notice(message: str, kind: str = "good") -> str:
    """A line that says what happened."""
    return f'<p class="notice {kind}" role="status">{escape(message)}</p>'


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; heads are texts, cells are markup."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join("<tr>" + "".join(cells) + "</tr>" for cells in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def plain(*values: object) -> list[str]:
    """Cells with plain texts."""
    return [f"<td>{escape(str(value))}</td>" for value in values]


def button_form(address: str, label: str, kind: str = "") -> str:
    """A form that is only a button."""
    return f'<form class="{kind}" method="post" action="{escape(address)}"><button>{escape(label)}</button></form>'


def card(inputs: str, label: str) -> str:
    """A form around inputs with one main button."""
    return f'<form class="card" method="post">{inputs}<p class="wide"><button class="main">{escape(label)}</button></p></form>'


def cell(column: Column, value: Any, language: Language) -> str:
    """One value in a list."""
    if value is None or value == []:
        return "<td></td>"
    if column.kind == "choice":
        name = next((said(pair, language) for key, pair in column.choices if key == value), str(value))
        if column.name not in ("status", "priority"):
            return f"<td>{escape(name)}</td>"
        return f'<td><span class="badge is-{escape(str(value))}">{escape(name)}</span></td>'
    if column.kind in ("date", "month"):
        return f'<td class="key">{escape(value)}</td>'
    if column.kind == "moment":
        return f"<td>{_local(value).replace('T', ' ')}</td>"
    if column.kind == "labels":
        return "<td>" + " ".join(f'<span class="badge">{escape(each)}</span>' for each in value) + "</td>"
    if column.kind in ("integer", "amount", "decimal"):
        shown = f"{float(value):,.2f}" if column.kind == "amount" else str(value)
        return f'<td class="number">{escape(shown)}</td>'
    return f"<td>{escape(str(value))}</td>"


def _local(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(beijing).strftime("%Y-%m-%dT%H:%M:%S")


def field(column: Column, value: Any, language: Language, error: str = "") -> str:
    """One labelled input."""
    name, label = escape(column.name), escape(said(column.title, language))
    marks = f' id="f-{name}" name="{name}"' + (" required" if column.required else "")
    if error:
        marks += f' aria-invalid="true" aria-describedby="e-{name}"'
    shown = "" if value is None else str(value)
    if column.kind == "choice":
        empty = "" if column.required else '<option value=""></option>'
        options = "".join(
            f'<option value="{escape(key)}"{" selected" if key == value else ""}>{escape(said(pair, language))}</option>' for key, pair in column.choices
        )
        control = f"<select{marks}>{empty}{options}</select>"
    elif column.kind == "long":
        control = f'<textarea rows="5"{marks}>{escape(shown)}</textarea>'
    else:
        kind, more = {
            "integer": ("number", ' step="1"'),
            "date": ("date", ""),
            "month": ("month", ""),
            "moment": ("datetime-local", ' step="1"'),
            "amount": ("text", ' inputmode="decimal"'),
            "decimal": ("text", ' inputmode="decimal"'),
        }.get(column.kind, ("text", f' maxlength="{column.max_length}"'))
        if column.kind == "labels":
            shown = ", ".join(value) if isinstance(value, list) else shown
        if column.kind == "moment" and shown.endswith("Z"):
            shown = _local(shown)
        if column.kind == "integer":
            more += "".join(f' {each}="{limit:g}"' for each, limit in (("min", column.low), ("max", column.high)) if limit is not None)
        control = f'<input type="{kind}" value="{escape(shown)}"{more}{marks}>'
    wrong = f'<span class="error" id="e-{name}">{escape(error)}</span>' if error else ""
    wide = " wide" if column.kind == "long" else ""
    return f'<p class="field{wide}"><label for="f-{name}">{label}</label>{control}{wrong}</p>'


def from_form(columns: Iterable[Column], given: dict[str, str]) -> Values:
    """Form fields as the API would send them: a local time gets its zone."""
    values: Values = {}
    for column in columns:
        if column.name in given and not column.read_only:
            raw = given[column.name]
            if column.kind == "moment" and raw and not raw.endswith("Z"):
                try:
                    raw = datetime.fromisoformat(raw).replace(tzinfo=beijing).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                except ValueError:
                    pass  # the column itself will say what is wrong
            values[column.name] = raw
    return values
