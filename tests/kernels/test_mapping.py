"""Mapping as properties: both ways agree, nothing crashes on any value, everything wrong with a spec is told at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels import mapping, merge
from jingwei.kernels.mapping.operations import operations


@dataclass(frozen=True)
class Field:
    """What the compiler asks of a field."""

    name: str
    type: str = "string"
    required: bool = False
    read_only: bool = False
    max_length: int | None = None
    choices: tuple[tuple[str, str], ...] = ()


texts = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).map(str.strip).filter(bool)
)  # outer blanks are noise to both sides
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=30), lambda inner: st.lists(inner, max_size=3)
)


def one(steps: list[dict[str, Any]], source: str = "string", target: str = "string", **more: Any) -> mapping.Mapping:
    """A mapping of one pair."""
    return mapping.compile_mapping({"pairs": [{"a": "x", "b": "y", "steps": steps, **more}]}, [Field("x", source)], [Field("y", target)], tables)


tables = {"status": [{"a": "open", "b": "todo"}, {"a": "busy", "b": "doing"}, {"a": "closed", "b": "done"}]}
invertible: list[tuple[str, str, list[dict[str, Any]], st.SearchStrategy[Any]]] = [
    ("string", "string", [{"op": "prefix", "text": "A-"}], texts),
    ("string", "string", [{"op": "suffix", "text": "。"}, {"op": "prefix", "text": "〔"}], texts),
    ("decimal", "decimal", [{"op": "scale", "factor": "100"}], st.decimals(-(10**9), 10**9, places=4)),
    ("decimal", "decimal", [{"op": "add", "number": "-7.25"}], st.decimals(-(10**9), 10**9, places=4)),
    ("enum", "enum", [{"op": "code", "table": "status"}], st.sampled_from(["open", "busy", "closed"])),
    ("date", "datetime", [{"op": "datetime_of", "zone": "Asia/Shanghai", "time": "09:00"}], st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)).map(str)),
]


@pytest.mark.parametrize(("source", "target", "steps", "values"), invertible)
@given(data=st.data())
def test_what_goes_there_comes_back(source: str, target: str, steps: list[dict[str, Any]], values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    made = one(steps, source, target)
    value = data.draw(values)
    there = made.forward({"x": value})
    assert not there.problems
    back = made.backward(there.values)
    assert back.values["x"] == merge.normalise(value, source)
    assert made.forward(back.values).values == there.values


@pytest.mark.parametrize("name", [name for name in operations if name not in ("code", "link")])
@given(value=anything)
def test_any_value_maps_or_is_told_never_crashes(name: str, value: Any) -> None:
    operation = operations[name]
    kind = "string" if "*" in operation.takes or "string" in operation.takes else operation.takes[0]
    made = one([{"op": name, **{parameter: default for parameter, _kind, default in operation.parameters}}], kind, "text", direction="a_to_b")
    there = made.forward({"x": value})
    assert "y" in there.values or there.problems


@given(value=texts)
def test_normalising_twice_is_normalising_once(value: str) -> None:
    for kind in ("string", "text", "decimal", "integer", "date", "datetime", "list", "boolean"):
        once = merge.normalise(value, kind)
        assert merge.normalise(once, kind) == once


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_equal_numbers_have_one_form(number: Decimal) -> None:
    assert merge.normalise(number, "decimal") == merge.normalise(f"{number:f}" + ("0" if "." in f"{number:f}" else ".0"), "decimal")


def test_an_unknown_code_is_a_problem_that_names_the_value() -> None:
    (problem,) = one([{"op": "code", "table": "status"}], "enum", "enum").forward({"x": "lost"}).problems
    assert problem.field == "y" and "lost" in problem.message.zh and "lost" in problem.message.en


def test_a_field_that_is_not_there_is_left_alone() -> None:
    made = one([])
    assert made.forward({}).values == {} and made.backward({}).values == {}


def test_everything_wrong_is_told_at_once() -> None:
    spec = {"pairs": [{"a": "none", "b": "y"}, {"a": "x", "b": "y", "steps": [{"op": "nonsense"}]}, {"a": "x", "b": "y", "direction": "up"}], "key": ["q"]}
    with pytest.raises(mapping.MappingError) as caught:
        mapping.compile_mapping(spec, [Field("x")], [Field("y")], {})
    told = {problem.place for problem in caught.value.problems}
    assert {"pairs[0]", "pairs[1].steps[0]", "pairs[2]", "key"} <= told


def test_a_read_only_field_is_not_written() -> None:
    with pytest.raises(mapping.MappingError):
        mapping.compile_mapping({"pairs": [{"a": "x", "b": "y"}]}, [Field("x", read_only=True)], [Field("y")], {})
