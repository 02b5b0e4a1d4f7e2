"""First proposals for a mapping: references never by bare number, code tables complete both ways or saying what is missing."""

from __future__ import annotations

from jingwei.hub.contract import Field, Stream, Title
from jingwei.hub.pages.code_tables import proposed_table, unmatched
from jingwei.hub.pages.mapping_form import proposal, table_rows
from jingwei.kernels.mapping import compile_mapping

name = Title("名", "Name")


def stream(*fields: Field) -> Stream:
    return Stream("things", name, fields)


def reference(of: str, *choices: tuple[str, str]) -> Field:
    return Field(of, "reference", name, choices=choices)


def enum(of: str, *choices: tuple[str, str]) -> Field:
    return Field(of, "enum", name, choices=choices)


def test_people_are_joined_by_name_and_never_by_number() -> None:
    a = stream(reference("owner", ("1", "李娜"), ("2", "Wang Wei"), ("3", "赵六")))
    b = stream(reference("assigned_to_id", ("1", "Wei Wang"), ("5", "娜 李"), ("9", "Redmine Admin")))
    spec, tables = proposal(a, b)
    assert [(pair["a"], pair["b"], pair["steps"]) for pair in spec["pairs"]] == [("owner", "assigned_to_id", [{"op": "code", "table": "assigned_to_id"}])]
    assert {(row["a"], row["b"]) for row in tables["assigned_to_id"]} == {("1", "5"), ("2", "1")}
    assert spec["missing"] == {"assigned_to_id": {"a": ["3"], "b": ["9"]}}
    compile_mapping(spec, a.fields, b.fields, tables)


def test_references_nobody_can_list_are_not_proposed() -> None:
    spec, _ = proposal(stream(reference("owner")), stream(reference("owner", ("1", "李娜"))))
    assert spec["pairs"] == []
    spec, _ = proposal(stream(reference("owner", ("1", "李娜"))), stream(Field("owner", "string", name)))
    assert spec["pairs"] == []


def test_two_of_one_name_are_a_persons_to_tell_apart() -> None:
    one, two = reference("owner", ("7", "张伟")), reference("owner", ("1", "张伟"), ("2", "张伟"))
    assert proposed_table(one, two) == proposed_table(two, one) == []
    assert unmatched([], one, two) == {"a": ["7"], "b": ["1", "2"]}


def test_a_table_of_states_is_complete_in_both_directions() -> None:
    a = enum("status", ("open", "待处理"), ("running", "进行中"), ("done", "已完成"), ("blocked", "受阻"))
    b = enum("status_id", ("1", "New"), ("2", "In Progress"), ("3", "Resolved"), ("4", "Feedback"), ("5", "Closed"), ("6", "Rejected"))
    spec, tables = proposal(stream(a), stream(b))
    rows = tables["status_id"]
    assert spec["missing"] == {"status_id": {"a": ["blocked"], "b": ["6"]}}
    mapping = compile_mapping(spec, [a], [b], tables)
    for value, _ in a.choices[:3]:
        assert not mapping.forward({"status": value}).problems
    back = {value: mapping.backward({"status_id": value}).values.get("status") for value, _ in b.choices[:5]}
    assert back == {"1": "open", "2": "running", "3": "done", "4": "running", "5": "done"}
    assert mapping.forward({"status": "running"}).values == {"status_id": "2"}
    assert all(row["a"] and row["b"] for row in rows)


def test_equal_numbers_with_other_names_are_not_the_same() -> None:
    a, b = enum("priority", ("1", "高"), ("2", "低")), enum("priority", ("1", "低"), ("2", "高"))
    assert {(row["a"], row["b"]) for row in proposed_table(a, b)} == {("1", "2"), ("2", "1")}


def test_one_way_needs_one_way() -> None:
    a, b = Field("status", "enum", name, read_only=True, choices=(("open", "Open"),)), enum("status", ("new", "New"), ("lost", "Lost"))
    spec, _ = proposal(stream(a), stream(b))
    assert spec["pairs"][0]["direction"] == "a_to_b"
    assert "missing" not in spec


def test_the_editor_shows_a_row_for_what_is_missing_on_either_side() -> None:
    a, b = stream(enum("status", ("open", "Open"), ("odd", "Odd"))), stream(enum("status", ("new", "New"), ("lost", "Lost")))
    spec, tables = proposal(a, b)
    (shown,) = table_rows(spec, tables, a, b)
    assert {(row["a"], row["b"]) for row in shown["rows"]} == {("open", "new"), ("odd", ""), ("", "lost"), ("", "")}
    assert (shown["missing_a"], shown["missing_b"]) == (["Odd"], ["Lost"])
