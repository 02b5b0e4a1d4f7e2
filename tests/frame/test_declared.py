"""A slip of the pen in a declaration is told when the program starts, with its place and what there is."""

from __future__ import annotations

from typing import Any

import pytest

from jingwei.frame.records.resource import resource
from jingwei.frame.traces.trace import registry
from jingwei.frame.ui import declared


def test_what_stands_here_is_there() -> None:
    declared.check()


@pytest.mark.parametrize(("name", "value", "told"), [("menu", "meetings", "section meetings"), ("icon", "kalender", "icon kalender")])
def test_a_section_and_a_picture_that_are_not_there(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    kind = resource("decision.decision")
    before: Any = getattr(kind, name)
    object.__setattr__(kind, name, value)
    try:
        with pytest.raises(LookupError, match=f"decision.decision: there is no {told}; there are: "):
            declared.check()
    finally:
        object.__setattr__(kind, name, before)


def test_a_field_of_a_trace_that_is_not_there() -> None:
    trace = registry["decides"]
    before = trace.suspect_on
    object.__setattr__(trace, "suspect_on", ("nmae",))
    try:
        with pytest.raises(LookupError, match="work.task: there is no field nmae"):
            declared.check()
    finally:
        object.__setattr__(trace, "suspect_on", before)
