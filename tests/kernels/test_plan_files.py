"""Schedule files: written and read back unchanged, scheduled as Microsoft Project would, hostile content refused."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.compiled import compile_calendar
from jingwei.kernels.calendar.stated import CalendarLayer, DayException, WorkCalendar, wall_minute
from jingwei.kernels.planfile import FileAssignment, FileError, FileLink, FileResource, FileTask, PlanFile, read, schedule_file, write_mspdi
from jingwei.kernels.planfile.simulating import simulate_file

DAY = (((480, 720), (780, 1020)),)
WEEK: Any = DAY * 5 + ((), ())
NIGHT: Any = (((0, 480),),) * 7
MONDAY = datetime(2026, 3, 2, 8)


def a_plan(*tasks: FileTask, **more: Any) -> PlanFile:
    """A plan from Monday 2 March 2026, 08:00, with a day calendar "1" and a night calendar "2"."""
    given: dict[str, Any] = {
        "title": "plan", "start": MONDAY, "tasks": tasks, "links": (), "project_calendar": "1", "source": "MSPDI",
        "calendars": {"1": WorkCalendar((CalendarLayer("day", WEEK, (), "none"),), "UTC"), "2": WorkCalendar((CalendarLayer("night", NIGHT, (), "none"),), "UTC")},
        "calendar_names": {"1": "day", "2": "night"},
    }  # fmt: skip
    return PlanFile(**(given | more))


def a_task(uid: str, hours: int = 8, **more: Any) -> FileTask:
    return FileTask(uid, uid, f"Task {uid}", **({"duration_minutes": hours * 60} | more))


def at(day: int, hour: int = 8) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_summary_dated_by_hand_holds_back_what_is_below() -> None:
    plan = a_plan(a_task("1", is_summary=True, is_manual=True, manual_start=datetime(2026, 3, 9, 8)), a_task("2", parent="1", outline_level=2))
    assert schedule_file(plan)["2"].early_start == at(9)


def test_a_start_before_the_project_is_kept_and_others_wait_for_the_project() -> None:
    early = a_task("1", constraint="SNET", constraint_at=datetime(2026, 2, 23, 8))
    dates = schedule_file(a_plan(early, a_task("2"), a_task("3"), links=(FileLink("1", "2"),)))
    assert dates["1"].early_start == datetime(2026, 2, 23, 8, tzinfo=UTC)
    assert dates["2"].early_start == datetime(2026, 2, 24, 8, tzinfo=UTC)
    assert dates["3"].early_start == at(2)


def two_shifts(**task: Any) -> PlanFile:
    people = (FileResource("1", "day", calendar="1"), FileResource("2", "night", calendar="2"))
    work = (FileAssignment("11", "1", "1", 1.0, 480), FileAssignment("12", "1", "2", 0.5, 480, overtime_minutes=120))
    return a_plan(a_task("1", 16, **task), a_task("2"), resources=people, assignments=work, links=(FileLink("1", "2"),))


def test_resources_with_other_working_times_work_their_regular_work_at_their_units() -> None:
    # Given 8 h by day, and 8 h at half units by night of which 2 h are overtime, that is 12 h in shifts of 8.
    dates = schedule_file(two_shifts())
    # Then the task begins with the day shift, since the night of the 2nd is over, and ends with the second night shift.
    assert (dates["1"].early_start, dates["1"].early_finish) == (at(2), at(4, 4))
    assert dates["2"].early_start == at(4)


def test_a_task_calendar_and_a_resource_calendar_leave_what_both_have() -> None:
    late: Any = (((900, 1320),),) * 7
    calendars = {"1": WorkCalendar((CalendarLayer("day", WEEK, (), "none"),), "UTC"), "2": WorkCalendar((CalendarLayer("late", late, (), "none"),), "UTC")}
    person, work = (FileResource("1", "day", calendar="1"),), (FileAssignment("11", "1", "1", 1.0, 240),)
    shared = a_plan(a_task("1", 4, calendar="2"), calendars=calendars, resources=person, assignments=work)
    ignored = dataclasses.replace(shared, tasks=(a_task("1", 4, calendar="2", ignores_resource_calendars=True),))
    assert schedule_file(shared)["1"].early_finish == at(3, 17)
    assert schedule_file(ignored)["1"].early_finish == at(2, 19)


def test_a_split_task_takes_its_breaks_too() -> None:
    gaps = ((datetime(2026, 3, 3, 8), datetime(2026, 3, 4, 17)),)
    work = (FileAssignment("11", "1", None, 1.0, 960, MONDAY, datetime(2026, 3, 5, 17), contour=8, gaps=gaps),)
    assert schedule_file(a_plan(a_task("1", 16), assignments=work))["1"].early_finish == at(5, 17)


def test_a_link_from_another_file_holds_where_that_file_left_it() -> None:
    stated = {"early_start": datetime(2026, 3, 11, 8)}
    plan = a_plan(a_task("1", stated=stated), external_links=(FileLink("99", "1", project="other.mpp"),))
    assert schedule_file(plan)["1"].early_start == at(11)


def test_predecessors_leave_what_is_under_way_where_it_resumes() -> None:
    # Given a task half done ahead of its predecessor, and a long one beside them that gives both room.
    begun = a_task("2", 16, percent=50.0, actual_start=datetime(2026, 3, 4, 8), remaining_minutes=480)
    dates = schedule_file(a_plan(a_task("1"), begun, a_task("3", 80), links=(FileLink("1", "2"),)))
    assert dates["1"].late_finish == at(4, 17)
    assert dates["2"].late_finish == at(13, 17)


def test_manual_successors_bind_predecessors_by_their_finish_only() -> None:
    manual = a_task("2", is_manual=True, manual_start=datetime(2026, 3, 4, 8))
    plan = a_plan(a_task("1"), manual, a_task("3", 80), links=(FileLink("1", "2", "SS", 960),))
    assert schedule_file(plan)["1"].late_finish == at(13, 17)


def test_the_kernel_lets_what_is_left_move_unless_told() -> None:
    from jingwei.kernels.plan.plan import Activity, Dependency, schedule_plan

    calendars = {"project": WorkCalendar((CalendarLayer("day", WEEK, (), "none"),), "UTC")}
    parts = [Activity("1", 480), Activity("2", 960, actual_start=at(4), remaining_minutes=480), Activity("3", 4800)]
    free = schedule_plan(parts, [Dependency("1", "2")], calendars, start=at(2), zone="UTC")
    assert free["1"].late_finish == at(12, 17)


moments = st.integers(0, 50_000).map(lambda minutes: datetime(2025, 1, 6, 8) + timedelta(minutes=minutes))
words = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=12).map(str.strip)
shifts: Any = st.sampled_from([(), ((480, 720), (780, 1020)), ((0, 1440),), ((1380, 1440),), ((0, 180), (240, 480), (1380, 1440))])
weeks: Any = st.tuples(*[shifts] * 7)


@st.composite
def plans(draw: Any) -> PlanFile:
    """Plans as files have them: outlines, links, derived calendars, progress, baselines, custom fields, splits."""
    count = draw(st.integers(1, 8))
    fields = {"188743731": "Text1", "188743783": "Optimistic"}
    tasks: list[FileTask] = []
    above: list[str] = []
    for number in range(1, count + 1):
        depth = draw(st.integers(0, len(above)))
        above = above[:depth]
        percent = draw(st.sampled_from([0.0, 40.0, 100.0]))
        dated = draw(st.sampled_from(["ASAP", "ALAP", "SNET", "MFO"]))
        tasks.append(
            FileTask(
                str(number), str(number), draw(words), parent=above[-1] if above else None, outline_level=depth + 1, wbs=draw(words),
                duration_minutes=draw(st.integers(0, 9000)), duration_is_elapsed=draw(st.booleans()), calendar=draw(st.sampled_from([None, "1", "3"])),
                constraint=dated, constraint_at=draw(moments) if dated in ("SNET", "MFO") else None, deadline=draw(st.none() | moments), percent=percent,
                actual_start=draw(moments) if percent else None, actual_finish=draw(moments) if percent == 100 else None,
                remaining_minutes=draw(st.none() | st.integers(0, 900)), stop=draw(st.none() | moments), resume=draw(st.none() | moments),
                is_milestone=draw(st.booleans()), is_inactive=draw(st.booleans()), ignores_resource_calendars=draw(st.booleans()),
                levelling_delay_minutes=draw(st.integers(0, 900)), priority=draw(st.integers(0, 1000)), type=draw(st.sampled_from(["fixed_units", "fixed_duration"])),
                is_effort_driven=draw(st.booleans()), cost=draw(st.sampled_from(["", "125000"])), fixed_cost=draw(st.sampled_from(["", "500"])), note=draw(words),
                stated={name: draw(moments) for name in draw(st.sets(st.sampled_from(["early_start", "late_finish", "start"])))},
                baselines={"0": {"start": draw(moments), "finish": None, "duration_minutes": 480, "work_minutes": 60, "cost": "3"}} if draw(st.booleans()) else {},
                custom={"Text1": draw(words), "Optimistic": "PT8H0M0S"} if draw(st.booleans()) else {},
            )
        )  # fmt: skip
        above = [*above, str(number)]
    parents = {task.parent for task in tasks}
    tasks = [dataclasses.replace(task, is_summary=task.uid in parents) for task in tasks]
    pairs = draw(st.sets(st.tuples(st.integers(1, count), st.integers(1, count)), max_size=6))
    kinds: Any = st.sampled_from(["FS", "SS", "FF", "SF"])
    links = [FileLink(str(a), str(b), draw(kinds), draw(st.integers(-900, 900)), draw(st.sampled_from([None, "elapsed"]))) for a, b in sorted(pairs)]
    base = WorkCalendar((CalendarLayer("base", draw(weeks), (), "none"),), "UTC")
    days = draw(st.lists(st.integers(0, 60), unique=True, max_size=5).map(sorted))
    exceptions = tuple(DayException(MONDAY.date() + timedelta(days=day), draw(shifts), "off") for day in days)
    calendars = {"1": base, "3": base.layered(CalendarLayer("derived", draw(st.none() | weeks), exceptions, "none"))}
    assignment = FileAssignment(
        "1", "1", draw(st.sampled_from([None, "1"])), 0.5, 480, MONDAY, MONDAY + timedelta(days=9), remaining_work_minutes=30, contour=8,
        gaps=((MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)), (MONDAY + timedelta(days=3), MONDAY + timedelta(days=4))) if draw(st.booleans()) else (),
    )  # fmt: skip
    links.sort(key=lambda link: int(link.successor))
    return a_plan(
        *tasks, links=tuple(links), calendars=calendars, calendar_names={"1": "base", "3": "derived"}, custom_fields=fields,
        field_names={"188743731": "Text1", "188743783": "Duration1"}, resources=(FileResource("1", "person", "work", 0.5, "3", {"Text1": "x"}),),
        assignments=(assignment,), finish=draw(moments), status_date=draw(st.none() | moments), critical_slack_minutes=480 * draw(st.integers(0, 3)),
    )  # fmt: skip


@given(plans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_written_is_read_back_the_same(plan: PlanFile) -> None:
    again = read(write_mspdi(plan))
    for field in dataclasses.fields(PlanFile):
        if field.name == "custom":
            continue
        ours, theirs = getattr(plan, field.name), getattr(again, field.name)
        if field.name == "tasks":
            ours = tuple(dataclasses.replace(task, custom={name: value for name, value in task.custom.items() if value}) for task in ours)
            theirs = tuple(dataclasses.replace(task, custom={name: value for name, value in task.custom.items() if value}) for task in theirs)
        assert ours == theirs, field.name


def shared_files() -> list[Path]:
    folder = os.environ.get("JINGWEI_SHARED_DATA")
    found = sorted((Path(folder) / "schedules").rglob("*.xml")) if folder else []
    return [path for path in found if b"schemas.microsoft.com/project" in path.read_bytes()[:4000]]


@pytest.mark.skipif(not shared_files(), reason="set JINGWEI_SHARED_DATA to a folder with schedules/")
def test_files_of_others_are_written_and_read_back_the_same() -> None:
    for path in shared_files():
        plan = dataclasses.replace(read(path.read_bytes()), notes=())
        assert dataclasses.replace(read(write_mspdi(plan)), notes=()) == plan, path.name


WORK_WEEK = """<WorkWeeks><WorkWeek><TimePeriod><FromDate>2026-03-02T00:00:00</FromDate><ToDate>2026-03-08T23:59:00</ToDate></TimePeriod>
<Name>Rush</Name><WeekDays><WeekDay><DayType>7</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime>
<ToTime>12:00:00</ToTime></WorkingTime></WorkingTimes></WeekDay><WeekDay><DayType>3</DayType><DayWorking>0</DayWorking></WeekDay></WeekDays></WorkWeek></WorkWeeks>"""


def test_a_week_that_holds_for_some_time_only_changes_its_days() -> None:
    # Given Tuesday the 3rd off and Saturday the 7th worked till noon, 36 h end there.
    content = write_mspdi(a_plan(a_task("1", 36))).replace(b"</WeekDays>", b"</WeekDays>" + WORK_WEEK.encode(), 1)
    assert schedule_file(read(content))["1"].early_finish == at(7, 12)


def test_utf_16_is_read_too() -> None:
    content = write_mspdi(a_plan(a_task("1"), title="计划")).decode().replace("utf-8", "utf-16", 1).encode("utf-16")
    assert read(content).title == "计划"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "bomb">]><Project xmlns="http://schemas.microsoft.com/project">&b;</Project>', "entities"),
        (b'<Project xmlns="http://schemas.microsoft.com/project"><Tasks>', "not well-formed"),
        (b'<Project xmlns="http://schemas.microsoft.com/project"/>', "no start date"),
        (b'<Project xmlns="http://schemas.microsoft.com/project">' + b"<a>" * 300 + b"</a>" * 300 + b"</Project>", "deep"),
        (b"\xd0\xcf\x11\xe0", "binary"),
        (b"hello", "no schedule file"),
    ],
)
def test_hostile_or_broken_files_are_refused_with_a_reason(content: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said):
        read(content, "x.xml")


@given(plans())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_without_spread_a_simulation_ends_when_the_plan_does(plan: PlanFile) -> None:
    # Given a plan on one calendar without circles, of which nothing is begun
    calendar = {"1": WorkCalendar((CalendarLayer("day", WEEK, (), "none"),), "UTC")}
    plain = {
        "calendar": None,
        "duration_is_elapsed": False,
        "percent": 0.0,
        "actual_start": None,
        "actual_finish": None,
        "resume": None,
        "is_inactive": False,
        "custom": {},
    }
    tasks = tuple(dataclasses.replace(task, parent=None, outline_level=1, is_summary=False, **plain) for task in plan.tasks)
    links = tuple(link for link in plan.links if int(link.predecessor) < int(link.successor) and link.lag_calendar is None)
    plan = dataclasses.replace(plan, tasks=tasks, links=links, calendars=calendar, resources=(), assignments=())
    dates, simulated = schedule_file(plan), simulate_file(plan, runs=128, spread_percent=0)
    # Then every run ends at the calculated finish, to the working minute
    compiled = compile_calendar(calendar["1"], *dates.network.compiled.horizon)
    ends = [wall_minute(moment, "UTC") for moment in (simulated.finish[50], dates.finish)]
    assert compiled.minutes_between(min(ends), max(ends)) == 0
    assert simulated.finish[10] == simulated.finish[90]


def from_finish(*tasks: FileTask, **more: Any) -> PlanFile:
    """A plan scheduled from Friday 6 March 2026, 17:00; its start date is what another program once found."""
    return a_plan(*tasks, **({"from_start": False, "finish": datetime(2026, 3, 6, 17), "start": datetime(2026, 3, 5, 8)} | more))


def test_a_file_scheduled_from_its_finish_is_calculated_from_there() -> None:
    """Given tasks as late as possible and one as soon as possible, when the file is written, read and scheduled, then all end on Friday but that one."""
    tasks = (a_task("1", 24, constraint="ALAP"), a_task("2", constraint="ALAP"), a_task("3", constraint="ALAP"), a_task("4"))
    plan = read(write_mspdi(from_finish(*tasks, links=(FileLink("1", "2"),))), "plan.xml")
    assert (plan.from_start, plan.finish) == (False, datetime(2026, 3, 6, 17))
    dates = schedule_file(plan)
    assert {uid: (each.start, each.finish) for uid, each in dates.items()} == {
        "1": (at(3), at(5, 17)), "2": (at(6), at(6, 17)), "3": (at(6), at(6, 17)), "4": (at(3), at(3, 17)),
    }  # fmt: skip
    assert (dates.start, dates.finish) == (at(3), at(6, 17))


def test_in_a_file_from_the_finish_a_task_that_says_nothing_is_as_late_as_possible() -> None:
    content = write_mspdi(from_finish(a_task("1", 16), a_task("2")))
    said = content.replace(b"<ConstraintType>0</ConstraintType>", b"", 1)
    assert said != content
    assert [task.constraint for task in read(said, "plan.xml").tasks] == ["ALAP", "ASAP"]


def test_a_file_from_the_finish_without_a_finish_is_refused_in_both_languages() -> None:
    with pytest.raises(FileError, match="FinishDate") as refused:
        schedule_file(from_finish(a_task("1"), finish=None))
    assert "完成日期" in refused.value.zh


def test_a_file_from_the_finish_is_simulated_as_it_is_carried_out() -> None:
    """Given a short task as late as possible, when durations vary, then it decides the finish too; from the start it never would."""
    tasks = (a_task("1", 32, constraint="ALAP"), a_task("2", 8, constraint="ALAP"))
    found = simulate_file(from_finish(*tasks), runs=500, spread_percent=30)
    forward = simulate_file(a_plan(*(dataclasses.replace(task, constraint="ASAP") for task in tasks)), runs=500, spread_percent=30)
    assert found.planned_finish == at(6, 17)
    assert found.criticality["2"] > 0.1 > forward.criticality["2"]


def test_a_file_says_that_every_end_has_its_own_critical_path() -> None:
    tasks = (a_task("1", 16), a_task("2", 8))
    plan = read(write_mspdi(a_plan(*tasks, has_critical_ends=True)), "plan.xml")
    assert [schedule_file(plan)[uid].is_critical for uid in "12"] == [True, True]
    assert [schedule_file(plan, every_end_critical=False)[uid].is_critical for uid in "12"] == [True, False]
    with pytest.raises(FileError, match="every end lies at the finish"):
        schedule_file(from_finish(*tasks), every_end_critical=True)
