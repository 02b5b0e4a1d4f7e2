"""What was typed into a form, and what only came back as the page had shown it: a browser sends every line break as two characters, and no page shows seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

written_in = (forms.TextInput, forms.NumberInput, forms.Textarea)


def plain_breaks(text: Any) -> str:
    """A text with one character a line break."""
    return "" if text is None else str(text).replace("\r\n", "\n").replace("\r", "\n")


def as_typed(text: Any, before: Any = None) -> Any:
    """What was typed, with the line breaks of what stood there; that itself when nothing else was changed."""
    if not isinstance(text, str) or "\r" not in text:
        return text
    if isinstance(before, str) and plain_breaks(text) == plain_breaks(before):
        return before
    return text if isinstance(before, str) and "\r\n" in before else plain_breaks(text)


def without_untouched(values: Mapping[str, Any], shown: Iterable[BoundField]) -> dict[str, Any]:
    """The values without those that stand in the form as it was shown: they may hold more than it shows, and are not written."""
    fields = {field.name: field for field in shown}
    return {name: value for name, value in values.items() if name not in fields or not _is_untouched(fields[name], value)}


def _is_untouched(field: BoundField, value: Any) -> bool:
    widget = field.field.widget
    if not isinstance(widget, written_in) or not isinstance(value, str):
        return False
    return plain_breaks(value) == plain_breaks(widget.format_value(field.value()))
