"""The commands schedule, simulate and evm: answers for programs and people, refusals in both languages, no Django."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from jingwei.assembly import cli, mpxj
from jingwei.kernels.calendar.stated import CalendarLayer, WorkCalendar
from jingwei.kernels.planfile import FileAssignment, FileLink, FileResource, FileTask, PlanFile, write_mspdi

WEEK: Any = (((480, 720), (780, 1020)),) * 5 + ((), ())
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(each) for each in arguments])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def plan(**more: Any) -> PlanFile:
    """Two tasks in a row below a summary, and a short one beside them; from Monday 2 March 2026."""
    tasks = (
        FileTask("1", "1", "装配 Assembly", is_summary=True),
        FileTask("2", "2", "准备 Prepare", parent="1", outline_level=2, duration_minutes=480, cost="80000"),
        FileTask("3", "3", "安装 Install", parent="1", outline_level=2, duration_minutes=960, cost="160000"),
        FileTask("4", "4", "Paint", duration_minutes=480),
    )
    calendars = {"1": WorkCalendar((CalendarLayer("day", WEEK, (), "none"),), "UTC")}
    given: dict[str, Any] = {
        "title": "Line 3", "start": datetime(2026, 3, 2, 8), "tasks": tasks, "links": (FileLink("2", "3"),), "calendars": calendars,
        "calendar_names": {"1": "day"}, "project_calendar": "1",
    }  # fmt: skip
    return PlanFile(**(given | more))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.xml"
    path.write_bytes(write_mspdi(plan()))
    return path


def test_schedule_tells_dates_and_floats_for_programs(run: Run, file: Path) -> None:
    code, out, _ = run("schedule", file, "--json")
    answer = json.loads(out)
    tasks = {task["uid"]: task for task in answer["tasks"]}
    assert code == 0
    assert (answer["start"], answer["finish"]) == ("2026-03-02T08:00:00", "2026-03-04T17:00:00")
    assert tasks["3"]["early_start"] == "2026-03-03T08:00:00"
    assert tasks["4"]["late_finish"] == "2026-03-04T17:00:00"
    assert (tasks["4"]["total_float_minutes"], tasks["4"]["critical"]) == (960, False)
    assert tasks["1"]["is_summary"] and tasks["1"]["critical"] and tasks["1"]["early_finish"] == "2026-03-04T17:00:00"


def test_schedule_shows_people_a_table(run: Run, file: Path) -> None:
    code, out, _ = run("schedule", file)
    assert code == 0
    assert "4 项任务" in out and "4 tasks" in out
    assert next(line for line in out.splitlines() if "安装 Install" in line).startswith("*")
    assert "2026-03-03 08:00" in out


def test_schedule_with_monte_carlo_adds_percentiles(run: Run, file: Path) -> None:
    answer = json.loads(run("schedule", file, "--monte-carlo", 2000, "--json")[1])["monte_carlo"]
    finish = [answer["finish"][name] for name in ("P10", "P50", "P80", "P90")]
    assert finish == sorted(finish) and finish[0] < "2026-03-04T17:00:00" < finish[-1]
    assert answer["runs"] == 2000


def test_simulate_is_the_same_for_a_seed_and_tells_what_is_critical(run: Run, file: Path) -> None:
    first, again, other = (run("simulate", file, "--runs", 4000, "--seed", seed, "--json")[1] for seed in (1, 1, 2))
    answer = json.loads(first)
    criticality = {task["uid"]: task["criticality"] for task in answer["tasks"]}
    assert first == again != other
    assert criticality["2"] == criticality["3"] == 1.0 and criticality["4"] == 0.0
    assert 1800 < answer["cost"]["P10"] < answer["cost"]["P50"] < answer["cost"]["P90"] < 3000
    assert abs(answer["cost"]["P50"] - 2400) < 40


def test_three_point_estimates_of_the_file_are_used(run: Run, tmp_path: Path) -> None:
    # Given an estimate that can only be longer, in fields that the user has renamed.
    fields = {"188743783": "乐观", "188743784": "最可能", "188743785": "悲观"}
    tasks = plan().tasks
    told = dataclasses.replace(tasks[2], custom={"乐观": "PT16H0M0S", "最可能": "PT24H0M0S", "悲观": "PT80H0M0S"})
    path = tmp_path / "told.xml"
    names = {"188743783": "Duration1", "188743784": "Duration2", "188743785": "Duration3"}
    path.write_bytes(write_mspdi(plan(tasks=(*tasks[:2], told, tasks[3]), custom_fields=fields, field_names=names)))
    answer = json.loads(run("simulate", path, "--runs", 4000, "--spread", 0, "--json")[1])
    assert answer["tasks_with_three_points"] == 1
    assert answer["finish"]["P10"] > "2026-03-04T17:00:00"
    assert answer["finish"]["P90"] > "2026-03-09"


def test_estimates_in_the_wrong_order_are_refused_naming_the_task(run: Run, tmp_path: Path) -> None:
    fields = {"1": "Duration1", "2": "Duration2", "3": "Duration3"}
    tasks = plan().tasks
    told = dataclasses.replace(tasks[2], custom={"Duration1": "PT16H0M0S", "Duration2": "PT8H0M0S", "Duration3": "PT80H0M0S"})
    path = tmp_path / "told.xml"
    path.write_bytes(write_mspdi(plan(tasks=(*tasks[:2], told, tasks[3]), custom_fields=fields, field_names=fields)))
    code, _, err = run("simulate", path)
    assert code == 2 and "安装 Install" in err and "optimistic" in err and "乐观" in err


def test_tasks_that_wait_for_each_other_are_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cycle.xml"
    path.write_bytes(write_mspdi(plan(links=(FileLink("2", "3"), FileLink("3", "2")))))
    code, _, err = run("schedule", path)
    assert code == 2 and "任务互相等待" in err and "wait for each other" in err


def test_bad_files_are_refused_in_both_languages(run: Run, tmp_path: Path) -> None:
    missing = run("schedule", tmp_path / "none.xml")
    broken = tmp_path / "broken.xml"
    broken.write_text('<Project xmlns="http://schemas.microsoft.com/project"><Tasks>')
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    assert missing[0] == 2 and "无法打开" in missing[2] and "cannot open" in missing[2]
    for path, zh, en in ((broken, "XML 格式有误", "not well-formed"), (text, "不是可识别的计划文件", "no schedule file")):
        code, _, err = run("schedule", path)
        assert code == 2 and zh in err and en in err and path.name in err


def test_evm_answers_every_index(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("Period,PV,EV,AC\nJan,100,90,95\nFeb,220,200,215\nMar,400,,\n")
    answer = json.loads(run("evm", path, "--json")[1])
    last = answer["periods"][-1]
    assert (answer["bac"], len(answer["periods"])) == (400, 2)
    assert last["cv"] == -15 and last["spi"] == pytest.approx(200 / 220) and last["eac_cpi"] == pytest.approx(430)
    assert last["es"] == pytest.approx(1 + 100 / 120)
    larger = json.loads(run("evm", path, "--json", "--bac", "1,000", "--planned-periods", "5")[1])["periods"][-1]
    assert larger["bac"] == 1000 and larger["ieac_t"] == pytest.approx(5 / ((1 + 100 / 120) / 2))
    code, out, _ = run("evm", path)
    assert code == 0 and "SPI(t)" in out and "完工预算" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("period,pv,ev\nJan,1,2\n", ["第 1 行缺少列：ac", "line 1 lacks the columns ac"]),
        ("period,pv,ev,ac\nJan,10,1,1\nFeb,many,2,2\n", [":3 pv", "不是数字", "is no number"]),
        ("period,pv,ev,ac\nJan,10,1\n", ["第 2 行只有 3 列", "line 2 has only 3 columns"]),
        ("period,pv,ev,ac\nJan,10,1,1\nFeb,5,2,2\n", [":3", "Feb pv", "falls from 10 to 5", "有误"]),
        ("period,pv,ev,ac\nJan,1e999999,1,1\n", [":2 pv", "不是数字", "is no number"]),
        ("period,pv,ev,ac\n", ["没有数据行", "no rows"]),
    ],
)
def test_evm_names_line_and_field_of_what_is_wrong(run: Run, tmp_path: Path, text: str, said: list[str]) -> None:
    path = tmp_path / "figures.csv"
    path.write_text(text)
    code, _, err = run("evm", path)
    assert code == 2
    for part in said:
        assert part in err


def test_binary_files_say_how_to_switch_the_extra_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.mpp"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    monkeypatch.setattr(mpxj, "is_installed", lambda: False)
    code, _, err = run("schedule", path)
    assert code == 2 and "jingwei[mpxj]" in err and "需要 MPXJ 扩展" in err and "Java" in err


@pytest.mark.skipif(not mpxj.is_installed(), reason="the extra mpxj is not installed")
def test_a_broken_binary_file_is_refused_by_the_converter(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plan.mpp"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    code, _, err = run("schedule", path)
    assert code == 2 and "MPXJ cannot read plan.mpp" in err


def test_a_conversion_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(mpxj, "is_installed", lambda: True)
    monkeypatch.setattr(mpxj.sys, "executable", str(sleeper))
    with pytest.raises(mpxj.ConversionError, match="not converted within 1 seconds"):
        mpxj.convert(tmp_path / "plan.mpp", seconds=1)


def test_these_commands_need_no_django(file: Path) -> None:
    code = f"import sys; from jingwei.assembly import cli\ntry: cli.main(['schedule', {str(file)!r}, '--json'])\nexcept SystemExit as end: print(end.code, 'django' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": ""})
    assert done.stderr.strip() == "0 False"


def crowded() -> PlanFile:
    """Two tasks side by side that need the same person."""
    people = (FileResource("1", "Ada", calendar="1"),)
    tasks = (FileTask("1", "1", "Dig", duration_minutes=480), FileTask("2", "2", "Pour", duration_minutes=480))
    return plan(tasks=tasks, links=(), resources=people, assignments=(FileAssignment("1", "1", "1", 1.0, 480), FileAssignment("2", "2", "1", 1.0, 480)))


@pytest.mark.skipif(find_spec("jingwei.kernels.levelling") is None, reason="levelling is not part of this version")
def test_level_lets_one_of_two_wait_for_the_other(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "crowded.xml"
    path.write_bytes(write_mspdi(crowded()))
    found = json.loads(run("schedule", path, "--level", "--seconds", "0.2", "--json")[1])["levelling"]
    assert (found["finish_before"], found["finish"]) == ("2026-03-02T17:00:00", "2026-03-03T17:00:00")
    assert len(found["moves"]) == 1 and found["moves"][0]["resource"] == "Ada"
    assert found["overloads_before"] and not found["overloads"] and not found["unresolved"]
    code, out, _ = run("schedule", path, "--level", "--seconds", "0.2")
    assert code == 0 and "资源平衡" in out and "Ada" in out


def test_level_says_when_it_is_not_part_of_this_version(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jingwei.assembly.commands.levelled.find_spec", lambda name: None)
    code, _, err = run("schedule", file, "--level")
    assert code == 2 and "levelling is not available" in err and "不含资源平衡" in err


def test_schedule_and_level_know_a_file_that_is_scheduled_from_its_finish(run: Run, tmp_path: Path) -> None:
    """Given the same work to be done by Friday evening, then it begins on Wednesday; levelling says why it cannot help, in both languages."""
    late = tuple(dataclasses.replace(task, constraint="ALAP") for task in plan().tasks)
    path = tmp_path / "late.xml"
    path.write_bytes(write_mspdi(plan(tasks=late, from_start=False, finish=datetime(2026, 3, 6, 17))))
    code, out, _ = run("schedule", path, "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["scheduled_from"], answer["start"], answer["finish"]) == ("finish", "2026-03-04T08:00:00", "2026-03-06T17:00:00")
    assert {task["uid"]: task["start"] for task in answer["tasks"]}["4"] == "2026-03-06T08:00:00"
    code, _, err = run("schedule", path, "--level")
    assert code == 2 and "从完成日期排程" in err and "levelling only delays" in err
    code, _, err = run("schedule", path, "--multiple-critical-paths")
    assert code == 2 and "各终点" in err and "every end" in err


def test_schedule_shows_a_critical_path_for_every_end_when_asked(run: Run, file: Path) -> None:
    critical = [
        {task["uid"]: task["critical"] for task in json.loads(run("schedule", file, "--json", *more)[1])["tasks"]}
        for more in ((), ("--multiple-critical-paths",))
    ]
    assert [each["4"] for each in critical] == [False, True]


def test_levelling_tells_of_assignments_on_summaries(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "summary.xml"
    people = (FileResource("1", "吴刚"),)
    path.write_bytes(write_mspdi(plan(resources=people, assignments=(FileAssignment("1", "1", "1", 1.0, 480), FileAssignment("2", "2", "1", 1.0, 480)))))
    answer = json.loads(run("schedule", path, "--level", "--json", "--seconds", "0.2")[1])
    assert [(each["uid"], each["resource"]) for each in answer["levelling"]["ignored"]] == [("1", "吴刚")]
    out = run("schedule", path, "--level", "--seconds", "0.2")[1]
    assert "摘要任务" in out and "assign the tasks below it" in out
