"""The level command: what it prints for programs and people, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jingwei.assembly.cli import main

SMALL = "4 1\n2\n0 0 2 2 3\n3 2 1 4\n4 1 1 4\n0 0 0\n"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["level", *arguments])
    return int(ended.value.code or 0)


def test_json_has_the_starts_by_job_number_and_the_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.rcp"
    path.write_text(SMALL)
    assert run(str(path), "--seconds", "2", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["makespan"], answer["lower_bound"], answer["gap"], answer["status"]) == (7, 7, 0, "optimal")
    assert set(answer["starts"]) == {"1", "2", "3", "4"} and answer["starts"]["4"] == 7
    assert answer["seconds"] < 2


def test_people_read_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.rcp"
    path.write_text(SMALL)
    assert run(str(path)) == 0
    shown = capsys.readouterr().out
    assert "工期 7" in shown and "makespan 7" in shown and "proven optimal" in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ("无法读取", "cannot read")),
        ("Hello", ("第 1 行", "line 1")),
        (SMALL.replace("3 2 1 4", "3 5 1 4"), ("任务 2 需要资源 R1 5 个单位", "task 2 needs 5 of resource R1")),
    ],
)
def test_what_cannot_be_levelled_is_refused_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: tuple[str, ...]
) -> None:
    path = tmp_path / "file.rcp"
    if text is not None:
        path.write_text(text)
    assert run(str(path), "--json") == 2
    said = capsys.readouterr()
    assert said.out == "" and all(word in said.err for word in words)
