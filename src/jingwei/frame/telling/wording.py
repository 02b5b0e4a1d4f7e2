"""Words that are kept as what they say and worded when they are read: in the reader's language, days and moments in the reader's zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext

languages = ("zh-hans", "en")
longest = 300


class Said:
    """A text and its values. As a text it is worded for the language and zone of now."""

    def __init__(self, text: Any, **values: Any) -> None:
        self.plain = {"text": _message(text) or str(text), "with": {name: plain(value) for name, value in values.items()}}

    def __str__(self) -> str:
        return worded(self.plain)


class Both:
    """What has no text of its own in the catalogue: made in each language as it is told."""

    def __init__(self, make: Callable[[], Any]) -> None:
        told = {}
        for language in languages:
            with translation.override(language):
                told[language] = str(make())[:longest]
        self.plain = {"in": told}

    def __str__(self) -> str:
        return worded(self.plain)


def _message(text: Any) -> str | None:
    """What is looked up in the catalogue: a lazy text is not worded yet. None when it is made of more than one."""
    given: tuple[Any, ...] = getattr(text, "_args", ()) if isinstance(text, Promise) else (text,)
    return given[0] if len(given) == 1 and isinstance(given[0], str) else None


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if isinstance(value, (Said, Both)):
        return value.plain
    if isinstance(value, Promise):
        return {"text": message} if (message := _message(value)) is not None else Both(lambda: value).plain
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)[:longest]


def worded(kept: Any) -> str:
    """A value that was kept, for the language and zone of now."""
    if not isinstance(kept, Mapping):
        return "" if kept is None else str(kept)
    if "text" in kept:
        return filled(gettext(kept["text"]), kept.get("with") or {})
    if "in" in kept:
        told = kept["in"]
        return str(told.get(_language()) or next(iter(told.values()), ""))
    if "at" in kept:
        moment = parse_datetime(str(kept["at"]))
        return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment is not None and moment.tzinfo else str(kept["at"])
    return str(kept.get("on", ""))


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with its values in their places; one that names what is not there stays as it is."""
    words = {name: worded(value) for name, value in values.items()}
    try:
        return text % words if words else text
    except (KeyError, TypeError, ValueError):
        return text


def _language() -> str:
    return "zh-hans" if (translation.get_language() or "zh").startswith("zh") else "en"


texts: dict[str, Any] = {}  # of the declared notices, by their keys


def words_of(row: Any, language: str = "") -> str:
    """A notice in words, in the language and zone of now; one from before words were declared as it was told then."""
    with translation.override(language or translation.get_language() or languages[0]):
        if row.notice in texts:
            return filled(str(texts[row.notice]), row.values or {})
        return str(getattr(row, "title_zh" if _language() == "zh-hans" else "title_en", "")) or str(row.notice)
