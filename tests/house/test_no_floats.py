"""The law of amounts: none goes by way of a binary float. Where one is made, it is of something else, or of a picture or a draw that nobody reckons with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import jingwei

source = Path(jingwei.__file__).parent
rooms = ("domains", "boards", "hub", "frame", "kernels/value", "kernels/risk", "kernels/merge", "kernels/mapping")
pictures_and_draws = {  # what is drawn on a screen, or by chance
    ("frame/views/chart.py", "_drawn"), ("boards/queries.py", "cost_series"), ("domains/cost/pages.py", "number"), ("domains/cost/pages.py", "chart_series"),
    ("domains/risk/queries.py", "_spread"), ("kernels/value/lengthening.py", "spread"),
}  # fmt: skip
time_and_work = {  # seconds, minutes, hours, shares of a person
    ("frame/records/importing.py", "_date"), ("frame/work/memory.py", "__init__"), ("frame/work/disk.py", "_State"), ("hub/peers/pause.py", "_number"), ("hub/kit/exchange.py", "found_in"),
    ("hub/sync/compare.py", "is_due"), ("hub/outbox/answers.py", "_closed_for"), ("domains/work/queries.py", "planned_work"), ("domains/schedule/files.py", "project_file"),
    ("domains/schedule/files.py", "_work_minutes"), ("domains/schedule/files.py", "_file_task"), ("domains/schedule/load.py", "minutes_here"),
    ("domains/schedule/load.py", "minutes_elsewhere"), ("domains/schedule/pages/gantt.py", "_days"), ("boards/curves.py", "progress_curve"), ("boards/curves.py", "_added"),
    ("boards/curves.py", "_hours"),
}  # fmt: skip
whether_it_is_one = {  # or what JSON held as one
    ("frame/records/exporting.py", "_is_number"), ("frame/api/schemas.py", "_no_number"), ("frame/models/kept.py", "_as_written"), ("frame/work/imports.py", "_cell"), ("hub/kit/rest/values.py", "_number"),
}  # fmt: skip


def floats() -> Iterator[tuple[str, str, int]]:
    """Every place that makes a float: file, function, line."""
    for room in rooms:
        for path in sorted((source / room).rglob("*.py")):
            yield from inside(ast.parse(path.read_text()), path.relative_to(source).as_posix(), "")


def inside(node: ast.AST, file: str, name: str) -> Iterator[tuple[str, str, int]]:
    for each in ast.iter_child_nodes(node):
        within = each.name if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else name
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "float":
            yield file, within, each.lineno
        yield from inside(each, file, within)


def test_no_amount_passes_a_float() -> None:
    known = pictures_and_draws | time_and_work | whether_it_is_one
    found = {(file, name) for file, name, _line in floats()}
    assert found <= known, f"say here that it is no amount, or keep it a Decimal: {sorted(found - known)}"
    assert known <= found, f"there is no float any more: {sorted(known - found)}"
