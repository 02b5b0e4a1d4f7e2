"""Every step with whatever parameters on whatever values: it is refused with its parameter named, or gives a value within bounds, or a named problem."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels import mapping, merge
from jingwei.kernels.mapping import rules
from jingwei.kernels.mapping.operations import longest_value, operations
from tests.kernels.test_mapping import Field

kinds = ("string", "text", "enum", "reference", "integer", "decimal", "boolean", "date", "datetime", "list")
tables: dict[str, Any] = {"t": [{"a": "a", "b": "b"}], "half": [{"a": 1}]}
odd_texts = (
    "", " ", "x", "2.5", "60 characters", "-5", "1e3", "1e999999", "1e-999999", "1e999999999999999999", "1e99999999999999999999", "0e999999", "NaN", "-Infinity", "0", "-0",
    "9" * 40, "9" * 5000, "9" * 5000 + "d", "1e23", "1e30", "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59Z", "2026-02-30", "1_000", "１２", "٣",
    "24:61", "../../etc/passwd", "t", "bad", "half", "a" * 10_001, "a" * 100_000, "DD.MM.YYYY", "1,234.5", "days", "\0", "\ud800", "<" * 5000, "tracker-mes", "Asia/Shanghai", "minutes",
    "quarantine", "default", "pass",
)  # fmt: skip
odd = st.one_of(
    st.sampled_from(odd_texts), st.none(), st.booleans(), st.integers(), st.just(10**5000), st.floats(), st.decimals(), st.text(max_size=30),
    st.lists(st.one_of(st.none(), st.integers(), st.sampled_from(odd_texts)), max_size=4), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


def compiled(steps: list[Any], source: str = "string", target: str = "string", **more: Any) -> mapping.Mapping:
    """One pair, one way."""
    pair = {"a": "x", "b": "y", "direction": "a_to_b", "steps": steps, **more}
    return mapping.compile_mapping({"pairs": [pair]}, [Field("x", source)], [Field("y", target)], tables)


def refused(steps: list[Any], **more: Any) -> tuple[mapping.SpecProblem, ...]:
    with pytest.raises(mapping.MappingError) as problem:
        compiled(steps, **more)
    return problem.value.problems


@st.composite
def steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    out = []
    for operation in draw(st.lists(st.sampled_from(list(operations.values())), min_size=1, max_size=4)):
        step: dict[str, Any] = {"op": operation.name}
        for name, _kind, _default in operation.parameters:
            if draw(st.booleans()):
                step[name] = draw(odd)
        out.append(step)
    return out


@given(
    asked=steps(),
    values=st.lists(odd, min_size=1, max_size=5),
    source=st.sampled_from(kinds),
    target=st.sampled_from(kinds),
    way=st.sampled_from(("both", "b_to_a", "a_to_b")),
)
def test_a_step_is_refused_or_gives_a_value_or_a_problem_and_nothing_else(
    asked: list[dict[str, Any]], values: list[Any], source: str, target: str, way: str
) -> None:
    try:
        made = compiled(asked, source, target, direction=way)
    except mapping.MappingError as problem:
        assert all(each.message.zh and each.message.en for each in problem.problems)
        made = mapping.Mapping(())
    for value in values:
        for found, name in ((made.forward({"x": value}), "y"), (made.backward({"y": value}), "x")):
            assert name in found.values or found.problems or not made.pairs or way != "both"
            assert all(len(each) <= longest_value for each in found.values.values() if isinstance(each, str) and each != value)
        made.trace({"x": value})


@given(
    rules=odd
    | st.lists(
        st.fixed_dictionaries({"rule": st.sampled_from(("max_length", "one_of", "min", "max", "required", "x"))}, optional={"value": odd, "severity": odd})
    ),
    value=odd,
)
def test_rules_are_refused_in_words_or_kept(rules: Any, value: Any) -> None:
    try:
        made = compiled([], rules=rules)
    except mapping.MappingError as problem:
        assert all(each.message.zh for each in problem.problems)
        return
    made.forward({"x": value})


@pytest.mark.parametrize(
    ("step", "parameter", "says"),
    [
        ({"op": "truncate", "length": "2.5"}, "length", "a whole number from 0 to 200000"),
        ({"op": "truncate", "length": "x"}, "length", "“Length” must be"),
        ({"op": "truncate", "length": "60 characters"}, "length", "not “60 characters”"),
        ({"op": "round", "places": "999999"}, "places", "from -20 to 20"),
        ({"op": "scale", "factor": "0"}, "factor", "other than 0"),
        ({"op": "scale", "factor": "1e999999"}, "factor", "at most 200 digits"),
        ({"op": "add", "number": "NaN"}, "number", "a number"),
        ({"op": "date_of", "zone": "../../etc/passwd"}, "zone", "time zone"),
        ({"op": "datetime_of", "time": "24:61"}, "time", "a time of day"),
        ({"op": "read_number", "format": "zz"}, "format", "one of"),
        ({"op": "code", "table": "none"}, "table", "a code table that is there"),
        ({"op": "code", "table": "half"}, "table", "all have a and b"),
        ({"op": "code", "table": "t", "unmapped": "explode"}, "unmapped", "one of quarantine"),
        ({"op": "prefix", "text": ["x"]}, "text", "text of at most"),
    ],
)
def test_a_parameter_that_is_none_is_named_in_both_languages(step: dict[str, Any], parameter: str, says: str) -> None:
    (problem,) = refused([step])
    assert (problem.parameter, problem.at) == (parameter, "steps") and problem.place == "pairs[0].steps[0]"
    assert says in problem.message.en and "“" in problem.message.zh and problem.message.zh != problem.message.en


@pytest.mark.parametrize(
    "rules",
    [
        5,
        "x",
        [5],
        [{"rule": "max_length", "value": "x"}],
        [{"rule": "max_length", "value": None}],
        [{"rule": "one_of", "value": 5}],
        [{"rule": "min", "value": "NaN"}],
    ],
)
def test_rules_of_the_wrong_shape_are_told(rules: Any) -> None:
    (problem,) = refused([], rules=rules)
    assert problem.at == "b" and problem.parameter == "rules" and "rule" in problem.message.en and "规则" in problem.message.zh


@pytest.mark.parametrize(
    "more",
    [{"key": 5}, {"constants": 5}, {"constants": [{"side": "a", "field": ["x"]}]}, {"filters": 5}, {"filters": {"a": 5}}, {"filters": {"a": {"x": {"y": 1}}}}],
)
def test_a_spec_of_the_wrong_shape_is_told(more: dict[str, Any]) -> None:
    with pytest.raises(mapping.MappingError):
        mapping.compile_mapping({"pairs": [{"a": "x", "b": "y"}], **more}, [Field("x")], [Field("y")], tables)
    with pytest.raises(mapping.MappingError):
        mapping.compile_mapping({"pairs": [{"a": "x", "b": "y"}]}, [Field("x")], [Field("y")], 5)  # type: ignore[arg-type]
    with pytest.raises(mapping.MappingError):
        mapping.compile_mapping({"pairs": [{"a": "x", "b": "y"}]}, [Field("x")], [Field("y")], {"bad": [5]})


def outcome(step: dict[str, Any], value: Any) -> tuple[Any, str]:
    found = compiled([step], "string", "string").forward({"x": value})
    return found.values.get("y"), found.problems[0].message.en if found.problems else ""


def test_numbers_are_reckoned_exactly_or_refused_by_name() -> None:
    assert outcome({"op": "round", "places": 2}, "1e30") == (str(10**30), "")
    assert outcome({"op": "round", "places": 2}, "1" * 40) == ("1" * 40, "")
    assert outcome({"op": "add", "number": "0.01"}, "12345678901234567890123456789.99") == ("12345678901234567890123456790", "")
    assert outcome({"op": "scale", "factor": "10"}, "1e999999")[1].startswith("not a number: 1e999999")
    assert outcome({"op": "round", "places": 2}, "x") == (None, "rounding: x is no number that can be rounded to 2 places")
    assert outcome({"op": "scale", "factor": "1e150"}, "1e150")[1].startswith("too large or too long a number")
    assert Decimal(compiled([{"op": "scale", "factor": "0.1"}], direction="both").backward({"y": "1e23"}).values["x"]) == Decimal("1e24")


decimals = st.decimals(-(10**20), 10**20, allow_nan=False, places=9).map(lambda number: f"{number:f}")
factors = st.decimals(-(10**6), 10**6, allow_nan=False, places=4).filter(bool).map(str)


@given(factor=factors, value=decimals, rounding=st.sampled_from(((), ({"op": "round", "places": 2},))), kind=st.sampled_from(("string", "decimal")))
def test_what_is_multiplied_comes_back_as_it_was_or_is_refused(factor: str, value: str, rounding: tuple[Any, ...], kind: str) -> None:
    """Whatever a number is multiplied by: divided again it is the same to its last digit, and one that has no such quotient is refused by name."""
    made = compiled([{"op": "scale", "factor": factor}, *rounding], kind, kind, direction="both")
    there = made.forward({"x": value})
    if not rounding:
        assert Decimal(made.backward(there.values).values["x"] or 0) == Decimal(value)
    back = made.backward({"y": value})
    if back.problems:
        assert back.problems[0].code == "mapping.no_way_back" and not back.values and "“Round”" in back.problems[0].message.en
    else:
        assert Decimal(made.forward(back.values).values["y"] or 0) == Decimal(value)


def test_a_minute_has_its_hour_where_minutes_are_whole() -> None:
    loose, whole = ([{"op": "scale", "factor": "60"}, *more] for more in ((), ({"op": "round", "places": 0},)))
    assert compiled(loose, "decimal", "integer", direction="both").backward({"y": 10}).problems
    made = compiled(whole, "decimal", "integer", direction="both")
    assert all(made.forward(made.backward({"y": minutes}).values).values == {"y": minutes} for minutes in range(10_000))


@pytest.mark.parametrize("op", ["scale", "add", "round", "read_number", "write_number"])
def test_one_rule_says_what_is_a_number(op: str) -> None:
    """Plain digits are one, and what a program holds as one; underscores, other digits, yes and no are none, in a step, a rule and a comparison."""
    for text in ("1_000", "٣", True, "NaN", "Infinity", "1,5", "0x10", "1e", "--1", "9" * 5000 + "e"):
        assert outcome({"op": op}, text)[0] is None, text
        assert rules.number_of(text) is None and merge.normalise(text, "decimal") == text
    for number, plain in (
        (1e-07, "0.0000001"),
        (1e16, "1" + "0" * 16),
        (1e22, "1" + "0" * 22),
        (0.1, "0.1"),
        (Decimal("1e3"), "1000"),
        (10**30, "1" + "0" * 30),
    ):
        assert Decimal(outcome({"op": op}, number)[0]) == (Decimal(plain) if op != "round" else Decimal(plain).to_integral_value(ROUND_HALF_UP))
    assert outcome({"op": op}, "１２")[0] == ("12" if op == "read_number" else None), "as people type it, where their way of writing is read"


def test_a_code_table_holds_what_can_be_written() -> None:
    with pytest.raises(mapping.MappingError) as problem:
        mapping.compile_mapping(
            {"pairs": [{"a": "x", "b": "y", "steps": [{"op": "code", "table": "t"}]}]}, [Field("x")], [Field("y")], {"t": [{"a": 10**5000, "b": 1}]}
        )
    assert problem.value.problems[0].parameter == "table"


def test_the_first_and_the_last_day_are_told_as_such() -> None:
    west, east = {"op": "date_of", "zone": "America/New_York"}, {"op": "date_of", "zone": "Asia/Shanghai"}
    assert "outside of the dates there are" in outcome(west, "0001-01-01T00:00:00+00:00")[1]
    assert "outside of the dates there are" in outcome(east, "9999-12-31T23:59:59+00:00")[1]
    assert "outside of the dates there are" in outcome({"op": "datetime_of", "zone": "Asia/Shanghai"}, "0001-01-01")[1]


def test_no_text_grows_without_bound() -> None:
    bomb = [{"op": "replace", "old": "a", "new": "a" * 10_000}] * 9
    (problem,) = compiled(bomb).forward({"x": "a" * 10}).problems
    assert problem.code == "mapping.too_long" and "“Replace text”" in problem.message.en and "“替换文字”" in problem.message.zh
    (problem,) = compiled([{"op": "to_list"}, {"op": "from_list", "separator": "-" * 10_000}]).forward({"x": "a," * 1000}).problems
    assert problem.code == "mapping.too_long"
    assert refused([{"op": "replace", "old": "a", "new": "a" * 100_000}])[0].parameter == "new"


def test_what_was_published_when_less_was_checked_stops_no_other_field() -> None:
    pairs = [{"a": "x", "b": "y", "direction": "a_to_b", "steps": [{"op": "truncate", "length": "2.5"}]}, {"a": "z", "b": "w"}]
    made = mapping.compile_mapping({"pairs": pairs}, [Field("x"), Field("z")], [Field("y"), Field("w")], {}, is_published=True)
    found = made.forward({"x": "long", "z": "short"})
    assert found.values == {"w": "short"} and [p.field for p in found.problems] == ["y"] and "“Length”" in found.problems[0].message.en
