"""Conversions between text and numbers, dates and durations: what goes there comes back, what cannot be read is told; and which values go nowhere."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels import mapping, merge
from jingwei.kernels.mapping import reading
from tests.kernels.test_mapping import Field

days = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1))
states = (("open", "Open"), ("odd", "Odd"))


def pair_of(a: Field, b: Field, steps: list[dict[str, Any]], tables: dict[str, Any] | None = None, **more: Any) -> mapping.Mapping:
    """A mapping of one pair."""
    return mapping.compile_mapping({"pairs": [{"a": a.name, "b": b.name, "steps": steps, **more}]}, [a], [b], tables or {})


def offered(a: Field, b: Field, *samples: Any) -> list[list[dict[str, Any]]]:
    """The steps of every conversion that is offered."""
    return [list(each.steps) for each in mapping.conversions(a, b, samples)]


@pytest.mark.parametrize("form", reading.date_forms)
@given(day=days)
def test_a_date_that_is_written_as_text_is_read_and_written_back_the_same(form: str, day: dt.date) -> None:
    made = pair_of(Field("x"), Field("y", "date"), [{"op": "read_date", "format": form}])
    shown = reading.date_text(day.isoformat(), form)
    there = made.forward({"x": shown})
    assert there.values == {"y": day.isoformat()} and not there.problems
    assert made.backward(there.values).values == {"x": shown}


def test_dates_that_are_none_are_told_with_the_form_that_was_expected() -> None:
    made = pair_of(Field("x"), Field("y", "date"), [{"op": "read_date", "format": "DD.MM.YYYY"}])
    for wrong in ("31.02.2026", "2026-11-02", "soon", "1.2.26"):
        (problem,) = made.forward({"x": wrong}).problems
        assert wrong in problem.message.zh and "DD.MM.YYYY" in problem.message.en
    assert made.forward({"x": ""}).values == {"y": None}


def test_how_dates_are_written_is_seen_from_the_rows() -> None:
    due, day = Field("due"), Field("day", "date")
    assert offered(due, day, "2026年11月2日", None, "2026年3月4日") == [[{"op": "read_date", "format": "YYYY年M月D日"}]]
    assert offered(due, day, "31/01/2026", "02/03/2026") == [[{"op": "read_date", "format": "DD/MM/YYYY"}]]
    assert offered(due, day, "whenever") == [[{"op": "read_date", "format": "YYYY-MM-DD"}]]


@given(number=st.decimals(-(10**9), 10**9, places=3))
def test_numbers_are_read_as_people_write_them(number: Decimal) -> None:
    made = pair_of(Field("x"), Field("y", "decimal"), [{"op": "read_number"}])
    plain = merge.normalise(number, "decimal")
    for shown in (f" {number} ", f"{number:,}", str(number).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})):
        assert made.forward({"x": shown}).values == {"y": plain}, shown
    assert made.backward({"y": plain}).values == {"x": plain}
    for no_number in ("1,5", "١٢", "²"):
        assert [p.code for p in made.forward({"x": no_number}).problems] == ["mapping.not_a_number"]


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (("1.500", "2.250"), {"1,234.5": "1.500 → 1.5", "1.234,5": "1.500 → 1500"}),
        (("7", "1,500"), {"1,234.5": "1,500 → 1500", "1.234,5": "1,500 → 1.5"}),
        (("1.500", "2,5"), {"1.234,5": ""}),
        (("1.500", "2.25"), {"1,234.5": ""}),
        ((",500",), {"1.234,5": ""}),
        (("0,500",), {"1.234,5": ""}),
        (("1,234.50", None, ""), {"1,234.5": ""}),
        (("7", "12"), {"1,234.5": ""}),
        (("some",), {"1,234.5": ""}),
        ((), {"1,234.5": ""}),
    ],
)
def test_how_numbers_are_written_is_never_guessed(samples: tuple[Any, ...], told: dict[str, str]) -> None:
    """Given texts, when they are numbers in one land and others elsewhere, then each way is offered with what it makes of one; else the only one that fits."""
    found = mapping.conversions(Field("x"), Field("y", "decimal"), samples)
    assert {each.steps[0]["format"]: each.made for each in found} == told
    assert len({each.title for each in found}) == len(found)


def test_days_and_months_that_could_be_either_are_never_guessed() -> None:
    for kind in ("date", "datetime"):
        found = mapping.conversions(Field("due"), Field("day", kind), ["05/05/2026", "02/03/2026"])
        told = {"DD/MM/YYYY": "02/03/2026 → 2026-03-02", "MM/DD/YYYY": "02/03/2026 → 2026-02-03"}
        assert {each.steps[0]["format"]: each.made for each in found} == told
        assert [each.title.en.partition(" ›")[0] for each in found] == ["Read as a date (DD/MM/YYYY)", "Read as a date (MM/DD/YYYY)"]
    assert len(mapping.conversions(Field("due"), Field("day", "date"), ["05/05/2026"])) == 1, "both make the same of it"


@pytest.mark.parametrize("form", reading.number_forms)
@given(number=st.decimals(-(10**9), 10**9, places=3))
def test_a_number_is_read_and_written_back_in_its_form(form: str, number: Decimal) -> None:
    made = pair_of(Field("x"), Field("y", "decimal"), [{"op": "read_number", "format": form}])
    shown = reading.number_text(merge.normalise(number, "decimal"), form)
    there = made.forward({"x": shown})
    assert there.values == {"y": merge.normalise(number, "decimal")} and made.backward(there.values).values == {"x": shown}
    grouped = f"{number:,}" if form == reading.number_forms[0] else f"{number:,}".translate(str.maketrans(",.", ".,"))
    assert made.forward({"x": grouped}).values == there.values
    assert made.forward({"x": float(number)}).values == there.values, "what is a number needs no form"


def test_a_number_in_another_form_is_told_with_the_one_that_was_expected() -> None:
    for form, wrong in (("1,234.5", "1.234,5"), ("1,234.5", "0,500"), ("1,234.5", ",500"), ("1.234,5", "1,234.5"), ("1.234,5", "1.5"), ("1.234,5", "0.500")):
        made = pair_of(Field("x"), Field("y", "decimal"), [{"op": "read_number", "format": form}])
        (problem,) = made.forward({"x": wrong}).problems
        assert wrong in problem.message.zh and form in problem.message.en, (form, wrong)


@given(minutes=st.integers(0, 10**6))
def test_durations_come_back_to_the_minute(minutes: int) -> None:
    made = pair_of(Field("x"), Field("hours", "decimal"), [{"op": "read_duration", "unit": "hours"}])
    shown = reading.duration_text(minutes, "minutes")
    assert made.backward(made.forward({"x": shown}).values).values == {"x": shown}


def test_durations_are_read_in_both_languages() -> None:
    made = pair_of(Field("x"), Field("hours", "decimal"), [{"op": "read_duration", "unit": "hours"}])
    for shown, hours in (("3d", "24"), ("2周", "80"), ("1天4小时", "12"), ("90m", "1.5"), ("6", "6")):
        assert made.forward({"x": shown}).values == {"hours": hours}, shown
    assert made.forward({"x": "a while"}).problems[0].code == "mapping.not_a_duration"


@pytest.mark.parametrize(
    ("a", "b", "first"),
    [
        (Field("x"), Field("y", "decimal"), "read_number"),
        (Field("x"), Field("work_hours", "decimal"), "read_duration"),
        (Field("x", "integer"), Field("y"), "write_number"),
        (Field("x", "date"), Field("y"), "write_date"),
        (Field("x", "datetime"), Field("y", "date"), "date_of"),
        (Field("x", "date"), Field("y", "datetime"), "datetime_of"),
        (Field("x", "list"), Field("y"), "from_list"),
        (Field("x"), Field("y", "list"), "to_list"),
        (Field("x_hours", "decimal"), Field("y_minutes", "integer"), "scale"),
        (Field("x_minutes", "integer"), Field("y_hours", "decimal"), "write_duration"),
        (Field("x", "enum", choices=states), Field("y", "enum", choices=(("new", "New"),)), "code"),
        (Field("x", "boolean"), Field("y", "enum", choices=(("y", "Yes"),)), "code"),
        (Field("x", "enum", choices=states), Field("y"), "code"),
    ],
)
def test_what_is_offered_compiles_and_is_of_the_kind_that_is_needed(a: Field, b: Field, first: str) -> None:
    for steps in (found := offered(a, b)):
        pair_of(a, b, steps, {b.name: [{"a": "1", "b": "2"}]})
    assert found[0][0]["op"] == first


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Field("x"), Field("y", "text")),
        (Field("x", "integer"), Field("y", "decimal")),
        (Field("x", "enum", choices=states), Field("y", "enum", choices=states)),
    ],
)
def test_nothing_is_offered_where_nothing_needs_to_be_converted(a: Field, b: Field) -> None:
    assert offered(a, b) == []


def test_a_conversion_replaces_one_that_does_not_fit_and_leaves_what_only_tidies() -> None:
    (chosen,) = mapping.conversions(Field("x"), Field("y", "date"), ["2026-11-02"])
    steps = mapping.converted([{"op": "trim"}, {"op": "to_list"}, {"op": "nonsense"}], chosen, Field("x"))
    assert [step["op"] for step in steps] == ["trim", "read_date"]


def test_every_value_that_either_side_can_hold_is_mapped_or_told() -> None:
    a, b = Field("status", "enum", choices=states), Field("state", "enum", choices=(("new", "New"), ("lost", "Lost")))
    spec: dict[str, Any] = {"pairs": [{"a": "status", "b": "state", "steps": [{"op": "code", "table": "t"}]}]}
    tables = {"t": [{"a": "open", "b": "new"}]}
    (gap,) = mapping.gaps(spec, [a], [b], tables)
    assert (gap.number, gap.a, gap.b, gap.is_open) == (0, (("odd", "Odd"),), (("lost", "Lost"),), True)
    (left,) = mapping.gaps({**spec, "left": {"state": {"a": ["odd"], "b": ["lost"]}}}, [a], [b], tables)
    assert not left.is_open and (left.left_a, left.left_b) == ((("odd", "Odd"),), (("lost", "Lost"),))
    one_way = {"pairs": [{**spec["pairs"][0], "direction": "a_to_b"}]}
    assert [(g.a, g.b) for g in mapping.gaps(one_way, [a], [b], tables)] == [((("odd", "Odd"),), ())]
    assert mapping.gaps(spec, [a], [b], {"t": [{"a": "open", "b": "new"}, {"a": "odd", "b": "lost"}]}) == []


def test_choices_without_a_code_table_and_values_passed_on_are_seen_too() -> None:
    a, b = Field("x", "enum", choices=states), Field("y", "enum", choices=(("open", "Open"),))
    assert [g.a for g in mapping.gaps({"pairs": [{"a": "x", "b": "y"}]}, [a], [b], {})] == [(("odd", "Odd"),)]
    code = {"op": "code", "table": "t", "unmapped": "pass"}
    assert [g.a for g in mapping.gaps({"pairs": [{"a": "x", "b": "y", "steps": [code]}]}, [a], [b], {"t": [{"a": "open", "b": "open"}]})] == [(("odd", "Odd"),)]
    instead = code | {"unmapped": "default", "default": "open"}
    assert mapping.gaps({"pairs": [{"a": "x", "b": "y", "steps": [instead]}]}, [a], [b], {"t": [{"a": "open", "b": "open"}]}) == []


def test_a_problem_names_the_cell_it_is_at_in_peoples_words() -> None:
    spec = {
        "pairs": [
            {"a": "d", "b": "n"}, {"a": "d", "b": ""}, {"a": "gone", "b": "n"}, {"a": "d", "b": "t", "direction": "up"}, {"a": "d", "b": "t", "steps": [{"op": "scale"}]},
        ]
    }  # fmt: skip
    with pytest.raises(mapping.MappingError) as caught:
        mapping.compile_mapping(spec, [Field("d", "date")], [Field("n", "decimal"), Field("t")], {})
    told = {(p.place, p.at): p.message for p in caught.value.problems}
    assert {("pairs[0]", "steps"), ("pairs[1]", "b"), ("pairs[2]", "a"), ("pairs[3]", "direction"), ("pairs[4].steps[0]", "steps")} <= told.keys()
    assert told["pairs[0]", "steps"].zh == "日期不能写入数字，请加转换步骤" and told["pairs[1]", "b"].en == "choose the field of side B"
    assert told["pairs[4].steps[0]", "steps"].zh == "“乘以”不能用于日期"


def test_two_pairs_that_write_one_field_are_told_at_the_second() -> None:
    with pytest.raises(mapping.MappingError) as caught:
        mapping.compile_mapping({"pairs": [{"a": "x", "b": "t"}, {"a": "z", "b": "t"}]}, [Field("x"), Field("z")], [Field("t")], {})
    assert [(p.place, p.at) for p in caught.value.problems] == [("pairs[1]", "b")]
