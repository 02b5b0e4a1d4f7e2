"""What one click mends on the mapping page: conversions fill themselves in, values find their counterpart or are left, and "complete" means it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from jingwei.hub.contract import Field, Record
from jingwei.hub.pages import mapping_mending as mending
from jingwei.hub.pages.code_tables import suggested
from jingwei.hub.pages.mapping_away import Sides
from jingwei.hub.pages.mapping_form import further_of, spec_from, table_rows
from jingwei.kernels.mapping import compile_mapping
from tests.hub.test_mapping_proposal import enum, name, reference, stream

states = Sides(
    stream(enum("status", ("open", "Open"), ("held", "On hold"), ("odd", "Odd"))),
    stream(enum("state", ("new", "New"), ("hold", "Put on hold"), ("lost", "Lost"))),
)


def spec_of(a: str = "status", b: str = "state", *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"pairs": [{"a": a, "b": b, "direction": "both", "policy": "ask", "steps": list(steps)}], "key": [], **more}


def press(spec: dict[str, Any], tables: dict[str, Any], sides: Sides, do: str, *rows: Record, **more: Any) -> None:
    mending.carry_out(mending.action(do, pair=0, **more), spec, tables, sides, rows)


def open_values(spec: dict[str, Any], tables: dict[str, Any], sides: Sides) -> list[tuple[str, str]]:
    return [(side, value) for gap in mending.gaps_of(spec, tables, sides) for side in ("a", "b") for value, _ in getattr(gap, side)]


def test_a_conversion_is_filled_in_with_its_code_table() -> None:
    spec, tables = spec_of(), dict[str, Any]()
    (offer,) = mending.offered(spec, 0, states, ())
    mending.carry_out(offer["action"], spec, tables, states, ())
    assert spec["pairs"][0]["steps"] == [{"op": "code", "table": "state"}]
    assert {(row["a"], row["b"]) for row in tables["state"]} == {("open", "new")}
    assert mending.offered(spec, 0, states, ()) == []


def test_a_date_is_read_as_the_rows_are_written() -> None:
    sides = Sides(stream(Field("due", "string", name)), stream(Field("day", "date", name)))
    spec, row = spec_of("due", "day"), Record("things", "1", {"due": "2026年11月2日"})
    (offer,) = mending.offered(spec, 0, sides, [row])
    mending.carry_out(offer["action"], spec, {}, sides, [row])
    made = compile_mapping(spec, sides.a.fields, sides.b.fields, {})
    assert made.forward(row.values).values == {"day": "2026-11-02"}


def test_a_number_that_could_be_two_is_chosen_by_a_person() -> None:
    """Given rows in which 1.500 may be either, when one of both readings is chosen, then the step names it, both ways."""
    sides = Sides(stream(Field("price", "string", name)), stream(Field("amount", "decimal", name)))
    spec, row = spec_of("price", "amount"), Record("things", "1", {"price": "1.500"})
    titles = {each["title"]: each["action"] for each in mending.offered(spec, 0, sides, [row])}
    assert [each.rpartition("：")[2].rpartition(": ")[2] for each in titles] == ["1.500 → 1.5", "1.500 → 1500"]
    mending.carry_out([*titles.values()][1], spec, {}, sides, [row])
    made = compile_mapping(spec, sides.a.fields, sides.b.fields, {})
    assert made.forward(row.values).values == {"amount": "1500"} and made.backward({"amount": "1500.5"}).values == {"price": "1500,5"}


def test_each_value_is_matched_by_its_suggestion_or_left_and_then_nothing_is_open() -> None:
    spec, tables = spec_of("status", "state", {"op": "code", "table": "t"}), {"t": [{"a": "open", "b": "new"}]}
    assert open_values(spec, tables, states) == [("a", "held"), ("a", "odd"), ("b", "hold"), ("b", "lost")]
    (gap,) = mending.gaps_of(spec, tables, states)
    shown = mending.gap_shown(gap, spec, states)
    assert [(each["label"], each["to"]) for each in shown["open"]] == [("On hold", "Put on hold"), ("Odd", ""), ("Put on hold", "On hold"), ("Lost", "")]
    mending.carry_out(shown["open"][0]["match"], spec, tables, states, ())
    assert {"a": "held", "b": "hold"} in tables["t"]
    assert open_values(spec, tables, states) == [("a", "odd"), ("b", "lost")]
    press(spec, tables, states, "leave", side="a", value="odd")
    assert spec["left"] == {"state": {"a": ["odd"], "b": []}} and open_values(spec, tables, states) == [("b", "lost")]
    press(spec, tables, states, "leave-all")
    assert open_values(spec, tables, states) == []
    press(spec, tables, states, "take-up", side="a", value="odd")
    assert open_values(spec, tables, states) == [("a", "odd")]


def test_all_suggestions_are_taken_at_once_and_what_has_none_stays_open() -> None:
    spec, tables = spec_of("status", "state", {"op": "code", "table": "t"}), {"t": [{"a": "open", "b": "new"}]}
    press(spec, tables, states, "match-all")
    assert open_values(spec, tables, states) == [("a", "odd"), ("b", "lost")]


def test_people_of_like_names_are_nobodys_suggestion() -> None:
    sides = Sides(stream(reference("owner", ("1", "Zhang Wei"))), stream(reference("assignee", ("9", "Zhang Wen"))))
    spec, tables = spec_of("owner", "assignee", {"op": "code", "table": "t"}), {"t": []}
    (gap,) = mending.gaps_of(spec, tables, sides)
    assert [each["to"] for each in mending.gap_shown(gap, spec, sides)["open"]] == ["", ""]


def test_choices_that_differ_without_a_table_are_seen_and_left_too() -> None:
    spec, tables = spec_of(), dict[str, Any]()
    assert len(open_values(spec, tables, states)) == 6
    press(spec, tables, states, "leave-all")
    assert open_values(spec, tables, states) == []


def test_yes_and_no_meet_choices_by_a_table() -> None:
    sides = Sides(stream(Field("done", "boolean", name)), stream(enum("state", ("True", "yes"), ("never", "Never"))))
    spec, tables = spec_of("done", "state"), dict[str, Any]()
    (offer,) = mending.offered(spec, 0, sides, ())
    mending.carry_out(offer["action"], spec, tables, sides, ())
    assert open_values(spec, tables, sides) == [("a", "False"), ("b", "never")]


@pytest.mark.parametrize(
    "asked",
    [
        "{",
        "{}",
        '{"do": "leave", "pair": 7}',
        '{"do": "match", "pair": "x"}',
        '{"do": ["a"], "pair": 0}',
        '{"do": "take-up", "pair": 0, "side": "a", "value": "none"}',
        "[]",
    ],
)
def test_a_button_that_fits_nothing_does_nothing(asked: str) -> None:
    spec, tables = spec_of("status", "state", {"op": "code", "table": "t"}), {"t": [{"a": "open", "b": "new"}]}
    before = repr((spec, tables))
    mending.carry_out(asked, spec, tables, states, ())
    assert repr((spec, tables)) == before


def test_a_table_that_is_chosen_by_hand_begins_with_what_is_proposed() -> None:
    spec, tables = spec_of("status", "state", {"op": "code", "table": "t"}), dict[str, Any]()
    mending.fill_tables(spec, tables, states, QueryDict("rows=1"))
    assert tables["t"] == [{"a": "open", "b": "new", "prefer": True}]
    emptied: dict[str, Any] = {"t": []}
    mending.fill_tables(spec, emptied, states, QueryDict("rows=1&table-t-rows=3"))
    assert emptied == {"t": []}


def test_half_rows_of_nobodys_list_are_shown_again_and_others_once() -> None:
    spec, tables = spec_of("status", "state", {"op": "code", "table": "t"}), {"t": [{"a": "open", "b": "new"}, {"a": "odd", "b": ""}, {"a": "typed", "b": ""}]}
    (shown,) = table_rows(spec, tables, states.a, states.b)
    assert [row["a"] for row in shown["rows"]].count("odd") == 1 and [row["a"] for row in shown["rows"]].count("typed") == 1


def test_what_was_left_stays_with_its_pair_only() -> None:
    post = QueryDict("rows=1&a-0=status&b-0=state&left-a-state=odd&left-a-gone=x")
    assert spec_from(post)[0]["left"] == {"state": {"a": ["odd"], "b": []}}


def test_what_a_file_says_beyond_the_page_goes_through_it_unharmed() -> None:
    pair = {"a": "status", "b": "state", "rules": [{"rule": "one_of", "value": ["a"]}], "joiner": "/"}
    post = QueryDict(mutable=True)
    post.update({"rows": "1", "a-0": "status", "b-0": "state", "further-0": further_of(pair)})
    assert {name: spec_from(post)[0]["pairs"][0][name] for name in ("rules", "joiner")} == {"rules": pair["rules"], "joiner": "/"}
    post["further-0"] = '["nonsense"]'
    assert "rules" not in spec_from(post)[0]["pairs"][0]


def test_a_likeness_of_letters_is_no_likeness_of_meaning() -> None:
    assert suggested("blocked", "受阻", (("open", "待处理"), ("closed", "已关闭"))) is None
