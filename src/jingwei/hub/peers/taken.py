"""Values that come from outside, before a resource's own checks: references are natural keys, text can be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models

from jingwei.frame.records import extra
from jingwei.frame.records.resource import Resource
from jingwei.hub.contract import Refused, Title, Values


class Taker:
    """Makes values ready for one resource. What a reference names is looked up once."""

    def __init__(self, found: Resource, project_id: int | None) -> None:
        self.found = found
        self.project_id = project_id
        self._named: dict[tuple[str, str], Any] = {}
        names = (*found.fields, *(each.name for each in extra.fields_of(found, project_id)))
        self._is_reference = {name: isinstance(found.model_field(name), models.ForeignKey) for name in names}

    def taken(self, values: Values) -> dict[str, Any]:
        """The values with rows in place of references; Refused naming every field that cannot be."""
        out, problems = dict(values), dict[str, tuple[str, Title | None]]()
        if self.project_id is not None and "project" in values:
            problems["project"] = ("an interface writes within its own project", None)
        for name, value in values.items():
            if (fault := _unstorable(value)) is not None:
                problems[name] = (fault, Title("去掉这些字符后重试", "Remove these characters and try again"))
            elif self._is_reference.get(name) and value is not None and value != "" and name not in problems:
                row = self._row(name, value)
                if row is None:
                    problems[name] = self._unknown(name, value)
                else:
                    out[name] = row
        if problems:
            mend = next((mend for _, mend in problems.values() if mend is not None), None)
            raise Refused(
                "; ".join(f"{name}: {text}" for name, (text, _) in problems.items()), mend=mend, fields={n: text for n, (text, _) in problems.items()}
            )
        return out

    def _row(self, name: str, value: Any) -> Any | None:
        """The row a natural key names, within our project where the target has one. A number is a natural key or nothing: never an id."""
        target = self.found.target(name)
        if target is None or not isinstance(value, str | int) or isinstance(value, bool):
            return None
        mark = (name, str(value))
        if mark not in self._named:
            rows = target.model.objects.select_related(*target.references)
            if self.project_id is not None and target.model.project_path:
                rows = rows.filter(**{target.model.project_path: self.project_id})
            self._named[mark] = target.named(str(value), rows)
        return self._named[mark]

    def _unknown(self, name: str, value: Any) -> tuple[str, Title | None]:
        label, shown = str(self.found.label(name)), str(value)[:80]
        target = self.found.target(name)
        if target is None:
            return f"“{label}” cannot be set from outside", None
        key = "/".join(part.replace("__", ".") for part in target.natural_key)
        if isinstance(value, int) or (shown.isascii() and shown.isdigit()):
            return f"“{label}” takes the natural key ({key}), and “{shown}” is none; numbers are not taken for ids of ours", Title(
                f"用对照表把 {shown} 对应到我方的 {key}", f"Map {shown} to our {key} with a code table")  # fmt: skip
        return f"“{label}”: there is no “{shown}” ({key})", Title(
            f"新建该记录，或用对照表把 {shown} 对应到我方已有的 {key}", f"Create it, or map {shown} to one of our {key} with a code table")  # fmt: skip


def _unstorable(value: Any) -> str | None:
    """Why PostgreSQL would not take a text, wherever it hides in a value."""
    for text in _texts(value):
        if "\0" in text:
            return "the text contains a NUL character"
        if any("\ud800" <= c <= "\udfff" for c in text):
            return "the text contains half a character (a lone surrogate)"
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
