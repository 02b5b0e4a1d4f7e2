"""What a document says at this moment, in words: facts asked with somebody's rights, texts that people wrote, and the fingerprint of both."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.documents.declaration import Asked, Authored, Column, Document, Facts, TableOf
from jingwei.frame.models import DocumentText

rows_at_most = 2000
letters_at_most = 2_000_000
# what neither XML nor paper can hold: control characters, halves of characters, and marks that turn the rest of a line round unseen
_unprintable = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it is said: pairs, a table, or a text as Markdown; whichever it is, in words."""

    key: str
    title: str
    kind: str  # facts, table, text
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """All of it. `shown` are the further rights it needed, `withheld` those that were missing (or passed over)."""

    parts: tuple[Part, ...]
    shown: frozenset[str]
    withheld: frozenset[str]

    @property
    def print(self) -> str:
        """The fingerprint of what it says: equal exactly when facts and texts are."""
        told = [[part.key, part.rows, part.text] for part in self.parts]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def said(document: Document, asked: Asked) -> Said:
    """What it says to whoever asks, in the language of the moment. ValidationError when that is too much for a document."""
    texts = texts_of(document, asked)
    parts = tuple(_part(section, asked, texts) for section in document.sections if not section.permission or asked.may(section.permission))
    if sum(len(part.text) + sum(len(cell) for row in part.rows for cell in row) for part in parts) > letters_at_most:
        raise ValidationError(
            gettext_lazy("The document would hold more than %(most)s characters. Shorten the longest texts in it."), params={"most": letters_at_most}
        )
    return Said(parts, frozenset(asked.shown), frozenset(asked.withheld))


def texts_of(document: Document, asked: Asked) -> dict[str, DocumentText]:
    """What people wrote, by section."""
    rows = DocumentText.objects.filter(project=asked.project, document=document.key, row_id=asked.row.pk if asked.row else 0).select_related("by")
    return {row.section: row for row in rows}


def _part(section: Facts | TableOf | Authored, asked: Asked, texts: dict[str, DocumentText]) -> Part:
    title = str(section.title)
    if isinstance(section, Authored):
        text = texts[section.key].text if section.key in texts else ""
        return Part(section.key, title, "text", text=printable(text))
    if isinstance(section, Facts):
        return Part(section.key, title, "facts", rows=_worded(section.answer(asked), asked, 2))
    columns = section.columns(asked) if callable(section.columns) else section.columns
    return Part(section.key, title, "table", columns=columns, rows=_worded(section.rows(asked), asked, len(columns)))


def _worded(rows: Iterable[Iterable[Any]], asked: Asked, width: int) -> tuple[tuple[str, ...], ...]:
    zone = ZoneInfo(asked.project.zone)
    out: list[tuple[str, ...]] = []
    for row in rows:
        cells = tuple(worded(value, zone) for value in row)
        if len(cells) != width:
            raise TypeError(f"a row of {len(cells)} values where {width} are declared: {cells[:2]}")
        if len(out) >= rows_at_most:
            raise ValidationError(
                gettext_lazy("A table of the document would have more than %(most)s rows. Export the list instead."), params={"most": rows_at_most}
            )
        out.append(cells)
    return tuple(out)


def worded(value: Any, zone: ZoneInfo) -> str:
    """A value as people read it; moments on the project's clock."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return timezone.localtime(value, zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return printable(str(value))


def printable(text: str) -> str:
    """The text without what no document can hold."""
    return _unprintable.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
