"""How values look on a page: states, progress, moments, money, and the cells of lists and details. In Python, as a list has hundreds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from jingwei.frame.models.currency import meant_in
from jingwei.frame.records.fields import duration_text
from jingwei.frame.ui.cells import Cell
from jingwei.kernels.cents import to_cents

tones = {
    "good": ("ok", "done", "live", "active", "confirmed", "settled", "posted", "linked", "healthy"),
    "busy": ("doing", "running", "submitted", "waiting", "writing", "planned", "committed"),
    "warn": ("degraded", "blocked", "paused", "hold", "disputed", "held", "draft", "proposed", "clash", "warning"),
    "bad": ("down", "dead", "failed", "reversed", "cancelled", "alarm", "endangered", "critical"),
}
_tone_of = {state: tone for tone, states in tones.items() for state in states}
_signs = {"CNY": "¥", "USD": "$", "EUR": "€"}


def status(text: Any, state: Any = "", tone: str = "") -> SafeString:
    """A state in words with its colour: the one its life declares, else what states of that name usually have."""
    return format_html('<span class="jw-status jw-{}">{}</span>', tone or _tone_of.get(str(state), "plain"), text)


def progress(percent: Any) -> SafeString:
    """A progress bar that needs no style attribute."""
    value = int(percent or 0)
    return format_html('<span class="jw-progress"><progress max="100" value="{}" aria-label="{} %"></progress> {} %</span>', value, value, value)


def moment(value: datetime | None) -> SafeString | str:
    """A moment in the organisation's zone; hovering shows it in full."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    text = local.strftime("%m-%d %H:%M") if local.year == timezone.localtime().year else local.strftime("%Y-%m-%d")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), local.strftime("%Y-%m-%d %H:%M:%S %Z"), text)


def money(amount: Any, currency: str = "CNY") -> str:
    """An amount with its currency."""
    shown = f"{to_cents(Decimal(amount or 0)):z,.2f}"  # written as text: arithmetic holds 28 digits, and a sum of the greatest amounts has more
    return f"{'-' if shown.startswith('-') else ''}{_signs.get(currency, currency + ' ')}{shown.removeprefix('-')}"


def _boolean(cell: Cell, _row: Any) -> str:
    return _("yes") if cell.value else format_html('<span class="text-secondary">{}</span>', _("no"))


_kinds: dict[str, Callable[[Cell, Any], Any]] = {
    "status": lambda cell, _row: status(cell.text, cell.value, cell.tone),
    "percent": lambda cell, _row: progress(cell.value),
    "moment": lambda cell, _row: moment(cell.value),
    "date": lambda cell, _row: f"{cell.value:%Y-%m-%d}" if cell.value.year > 999 else cell.value.isoformat(),
    "money": lambda cell, row: money(cell.value, meant_in(row)),
    "lines": lambda cell, _row: format_html('<ul class="list-unstyled mb-0">{}</ul>', format_html_join("", "<li>{}</li>", ((line,) for line in cell.value))),
    "duration": lambda cell, _row: duration_text(cell.value),
    "boolean": _boolean,
    "empty": lambda _cell, _row: mark_safe('<span class="text-secondary">–</span>'),
}


def drawn(cell: Cell, resource: str, row: Any, *, may_change: bool) -> SafeString:
    """A cell as markup, with its link, and with what opens its editor where it may be changed."""
    draw = _kinds.get(cell.kind)
    shown = conditional_escape(cell.text if draw is None else draw(cell, row))
    if cell.url:
        shown = format_html('<a href="{}"{}>{}</a>', cell.url, mark_safe(" data-panel" if cell.kind == "text" else ""), shown)
    if not (cell.is_inline and may_change):
        return shown
    opener = "" if cell.url else format_html(' tabindex="0" role="button" aria-label="{} {}: {}"', _("Edit"), cell.label, cell.text or "∅")
    address = _editor_of(resource).format(row.pk, cell.name)
    frame = '<span class="jw-inline"{} hx-get="{}" hx-trigger="dblclick, jw-edit" hx-target="this" hx-swap="outerHTML">{}</span>'
    return format_html(frame, opener, address, shown)


def drawn_row(cells: Iterable[Cell], resource: str, row: Any, *, may_change: bool) -> SafeString:
    """The cells of a row of a table."""
    return format_html_join("", '<td class="jw-cell-{}">{}</td>', ((cell.kind, drawn(cell, resource, row, may_change=may_change)) for cell in cells))


@cache
def _editor_of(resource: str) -> str:
    """The address that opens the editor of a cell, with places for the row and the column: to make each anew takes longer than to draw the cell."""
    return reverse("record-cell", args=[resource, 0, "{}"]).replace("/0/", "/{}/", 1).replace("%7B%7D", "{}")
