"""What declarations name is there: looked at once when the program starts, so that a slip of the pen is told with its place and no page breaks over it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.traces.trace import traces
from jingwei.frame.ui.menu import sections, workspace

_sprite = Path(__file__).resolve().parents[1] / "static" / "vendor" / "icons.svg"


@cache
def icons() -> frozenset[str]:
    """The pictures there are."""
    return frozenset(re.findall(r'id="i-([a-z0-9-]+)"', _sprite.read_text("utf-8")))


def check() -> None:
    """LookupError with the key of the declaration and what may stand there instead."""
    for each in resources():
        _known(each, "section", [each.menu] if each.menu else [], {*sections, *workspace})
        _known(each, "icon", [each.icon, *(verb.icon for verb in each.verbs)], icons())
        if each.life is not None:
            _known(each, "state", each.life.states, {value for value, _label in each.model._meta.get_field(each.life.field).flatchoices or ()})  # type: ignore[union-attr]
    for trace in traces():
        for end, names in ((trace.target, trace.suspect_on), (trace.source, trace.source_suspect_on)):
            kind = resource(end)
            _known(kind, "field", names, {field.name for field in kind.model._meta.get_fields()})


def _known(each: Resource, what: str, named: Iterable[str], known: Iterable[str]) -> None:
    strange = sorted({*map(str, named)} - {*map(str, known)})
    if strange:
        raise LookupError(f"{each.key}: there is no {what} {', '.join(strange)}; there are: {', '.join(sorted(map(str, known)))}")
