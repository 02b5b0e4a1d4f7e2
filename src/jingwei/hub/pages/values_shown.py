"""Values of an interface's records as people read them: by the field's title and choices, moments in the reader's zone, our own records by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from jingwei.frame.records.fields import duration_text
from jingwei.frame.rights.access import Access
from jingwei.frame.words import in_words
from jingwei.hub.contract import Field
from jingwei.hub.models import Interface
from jingwei.hub.monitor.search import labels, local_resource
from jingwei.hub.peers import known
from jingwei.hub.peers.offered import stream_of

_moment = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
longest = 160


class Fields:
    """The fields of both sides by name, our own as they are called now, a peer's as the version knows them or as it last told them."""

    def __init__(self, interface: Interface, spec: Mapping[str, Any] | None = None) -> None:
        self.interface = interface
        kept = spec if spec is not None else (interface.published.spec if interface.published is not None else {})
        self._pairs = kept.get("mapping", {}).get("pairs", ())
        self._by_side = {side: self._of(side, kept.get("streams", {})) for side in ("a", "b")}

    def _of(self, side: str, streams: Mapping[str, Any]) -> dict[str, Field]:
        local = local_resource(self.interface, side)
        if local is not None:
            fields: Iterable[Field] = stream_of(local, self.interface.project_id).fields
        elif side in streams:
            fields = map(known.field_from_plain, streams[side])
        else:
            last = known.last(self.interface.system(side), self.interface.stream(side))
            fields = last[0].fields if last is not None else ()
        return {field.name: field for field in fields}

    def is_ours(self, side: str) -> bool:
        """Whether a side is our own."""
        return local_resource(self.interface, side) is not None

    def named(self, side: str, name: str) -> Field | None:
        """The field of that name."""
        return self._by_side[side].get(name)

    def own(self, side: str, name: str) -> str:
        """A side's own name of a field that the mapping calls by B's."""
        if side == "b":
            return name
        of = next((pair["a"] for pair in self._pairs if pair.get("b") == name and pair.get("a")), name)
        return str(of if isinstance(of, str) else of[0])

    def required(self, side: str) -> list[Field]:
        """Fields that a new record must have."""
        return [each for each in self._by_side[side].values() if each.required and not each.read_only]

    def title(self, side: str, name: str) -> str:
        """What people call a field; its name when nobody has told."""
        field = self.named(side, name)
        return in_words(field.title) if field is not None else name

    def told(self, side: str, name: str, value: Any) -> str:
        """A value of that field as people read it."""
        return told(self.named(side, name), value)


def told(field: Field | None, value: Any) -> str:
    """A value as people read it; – for nothing."""
    if value is None or value in ("", []):
        return "–"
    if field is not None and field.choices and not isinstance(value, list | dict):
        return dict(field.choices).get(str(value), str(value))[:longest]
    match value:
        case bool():
            return _("yes") if value else _("no")
        case list():
            return ", ".join(told(field, each) for each in value)[:longest]
        case dict():
            return "; ".join(f"{name}: {told(None, each)}" for name, each in value.items() if each not in (None, "", []))[:longest]
        case int() if field is not None and field.name.endswith("_minutes"):
            return duration_text(value)
        case str() if _moment.match(value) and (field is None or field.type in ("datetime", "date")):
            return _in_zone(value)
    return str(value)[:longest]


def _in_zone(text: str) -> str:
    try:
        moment: datetime | None = parse_datetime(text)
        return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment is not None and moment.tzinfo else text.replace("T", " ")[:16]
    except (ValueError, OverflowError):
        return text


class Named:
    """Records of one side by name, with the page of ours where the reader may look at it."""

    def __init__(self, interface: Interface, side: str, keys: Iterable[str | None], access: Access) -> None:
        self._ours: dict[str, tuple[str, str]] = {}
        local = local_resource(interface, side)
        numbers = {int(key) for key in keys if key and key.isascii() and key.isdigit() and len(key) < 19}
        self.is_ours = local is not None
        if local is not None and numbers:
            for row in local.seen(access).filter(pk__in=numbers):
                self._ours[str(row.pk)] = (str(row), reverse("record", args=[local.key, row.pk]))

    def of(self, key: str | None, values: Mapping[str, Any] | None = None) -> dict[str, str]:
        """`name`, `url` and `key` of one record: ours by what it is called, theirs by its label and key."""
        if key in self._ours:
            name, url = self._ours[key]
            return {"name": name, "url": url, "key": ""}
        label = next((str(values[each]) for each in (*labels, "description") if values.get(each) and str(values[each]) != key), "") if values else ""
        if self.is_ours:
            return {"name": label or _("a record of ours"), "url": "", "key": ""}
        return {"name": label[:longest] or (key or "–"), "url": "", "key": key or "" if label and label != key else ""}
