"""Files of Primavera P6: XER and PMXML read alike, its rules for data date, lags and calendars, broken ones refused with line and field."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from jingwei.kernels.planfile import FileError, PlanFile, read, schedule_file

WEEK = "".join(f"(0||{day}()((0||0(s|08:00|f|12:00)())(0||1(s|13:00|f|17:00)())))" for day in range(2, 7))
HOLIDAY = 46086  # 5 March 2026 in days since 30 December 1899
EXCEPTIONS = f"(0||Exceptions()((0||0(d|{HOLIDAY})())(0||1(d|{HOLIDAY + 2})((0||0(s|08:00|f|12:00)())))))"
CALENDAR = f"(0||CalendarData()((0||DaysOfWeek()((0||1()()){WEEK}(0||7()()))){EXCEPTIONS}))"
NIGHT = "(0||CalendarData()((0||DaysOfWeek()(" + "".join(f"(0||{day}()((0||0(s|08:00 PM|f|12:00 AM)())))" for day in range(1, 8)) + "))))"


def xer(
    *, names: str = "Pump", encoding: str = "utf-8", lag: str = "rcal_Predecessor", calendar: str = CALENDAR, task: str = "", options: str = "Y\tN"
) -> bytes:
    """Three activities: A (16 h) before B (8 h, 8 h lag, at night), and milestone C; data date Monday 2 March 2026."""
    lines = [
        "ERMHDR\t19.12\t2026-03-01\tProject\tadmin", "%T\tCURRTYPE", "%F\tcurr_id", "%R\t1", "%T\tPROJECT",
        "%F\tproj_id\tproj_short_name\tclndr_id\tplan_start_date\tlast_recalc_date\tplan_end_date\tcritical_drtn_hr_cnt",
        "%R\t1\tLINE3\t10\t2026-03-02 08:00\t2026-03-02 00:00\t\t0", "%T\tCALENDAR", "%F\tclndr_id\tclndr_name\tbase_clndr_id\tclndr_data",
        f"%R\t10\tDay\t\t{calendar}", f"%R\t11\tNight\t\t{NIGHT}", "%T\tSCHEDOPTIONS",
        "%F\tproj_id\tsched_calendar_on_relationship_lag\tsched_retained_logic\tsched_progress_override", f"%R\t1\t{lag}\t{options}", "%T\tPROJWBS",
        "%F\twbs_id\tproj_id\tparent_wbs_id\twbs_name\twbs_short_name\tproj_node_flag\tseq_num", f"%R\t100\t1\t\t{names}\tL3\tY\t1", f"%R\t101\t1\t100\t{names}\tM\tN\t1",
        "%T\tTASK", "%F\ttask_id\tproj_id\twbs_id\tclndr_id\ttask_code\ttask_name\ttask_type\tstatus_code\ttarget_drtn_hr_cnt\tremain_drtn_hr_cnt\tact_start_date\tcstr_type\tcstr_date",
        task or f"%R\t1\t1\t101\t10\tA\t{names}\tTT_Task\tTK_NotStart\t16\t16\t\t\t", "%R\t2\t1\t101\t11\tB\tTest\tTT_Task\tTK_NotStart\t4\t4\t\t\t",
        "%R\t3\t1\t101\t10\tC\tDone\tTT_FinMile\tTK_NotStart\t0\t0\t\tCS_MEOB\t2026-03-20 17:00", "%T\tTASKPRED",
        "%F\ttask_pred_id\ttask_id\tpred_task_id\tproj_id\tpred_proj_id\tpred_type\tlag_hr_cnt", "%R\t1\t2\t1\t1\t1\tPR_FS\t8", "%R\t2\t3\t2\t1\t1\tPR_FS\t0",
        "%R\t3\t1\t77\t1\t9\tPR_FS\t0", "%E",
    ]  # fmt: skip
    return "\r\n".join(lines).encode(encoding)


def day_and_hour(plan: PlanFile, uid: str) -> tuple[datetime | None, datetime | None]:
    found = schedule_file(plan)[uid]
    return found.early_start, found.early_finish


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_an_xer_file_is_read_and_scheduled() -> None:
    plan = read(xer())
    assert not any("cannot be read" in note for note in plan.notes)
    by_code = {task.id: task for task in plan.tasks}
    assert [task.name for task in plan.tasks] == ["Pump", "Pump", "Test", "Done"]
    assert (by_code["A"].parent, by_code["C"].is_milestone, by_code["C"].constraint) == ("wbs-101", True, "FNLT")
    # When A takes Monday and Tuesday, the lag counts Wednesday on A's calendar, and B works by night.
    assert day_and_hour(plan, "1") == (at(2, 8), at(3, 17))
    assert day_and_hour(plan, "2") == (at(4, 20), at(5, 0))
    assert plan.external_links[0].project == "9"
    assert any("CURRTYPE" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("lag", "start"),
    [("rcal_Predecessor", at(4, 20)), ("rcal_Successor", at(5, 20)), ("rcal_24Hour", at(4, 20)), ("rcal_ProjDefault", at(4, 20))],
)
def test_lags_count_on_the_calendar_the_options_name(lag: str, start: datetime) -> None:
    assert day_and_hour(read(xer(lag=lag)), "2")[0] == start


def test_a_holiday_of_an_xer_calendar_is_kept() -> None:
    task = "%R\t1\t1\t101\t10\tA\tPump\tTT_Task\tTK_NotStart\t32\t32\t\t\t"
    assert day_and_hour(read(xer(task=task)), "1") == (at(2, 8), at(6, 17))
    with_saturday = task.replace("32\t32", "36\t36")
    assert day_and_hour(read(xer(task=with_saturday)), "1")[1] == at(7, 12)


def test_work_under_way_continues_at_the_data_date() -> None:
    task = "%R\t1\t1\t101\t10\tA\tPump\tTT_Task\tTK_Active\t16\t8\t2026-02-23 08:00\t\t"
    assert day_and_hour(read(xer(task=task)), "1") == (datetime(2026, 2, 23, 8, tzinfo=UTC), at(2, 17))


@pytest.mark.parametrize(
    ("encoding", "name"), [("gb18030", "安装水泵与电机调试"), ("cp1251", "Монтаж насоса"), ("cp1252", "Élévation de la façade"), ("utf-8", "安装")]
)
def test_names_are_read_in_the_encoding_they_are_written_in(encoding: str, name: str) -> None:
    assert read(xer(names=name, encoding=encoding)).tasks[0].name == name


def test_an_unreadable_calendar_is_told_and_counts_as_the_usual_week() -> None:
    plan = read(xer(calendar="(0||CalendarData()((0||DaysOfWeek()("))
    assert any("Day cannot be read" in note for note in plan.notes)
    assert day_and_hour(plan, "1") == (at(2, 8), at(3, 17))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (xer(task="%R\t1\t1\t101\t10\tA\tPump\tTT_Task\tTK_NotStart\tmany\t16\t\t\t"), r"line 21 target_drtn_hr_cnt: 'many' is no number"),
        (xer(task="%R\t1\t1\t101\t10\tA\tPump\tTT_Task\tTK_NotStart\t16\t16\tsoon\t\t"), r"line 21 act_start_date: 'soon' is no date"),
        (xer(task="%R\t1\t1\t101\t10\tA\tPump\tTT_Task\tTK_NotStart\tinf\t16\t\t\t"), "no number"),
        (xer().replace(b"PR_FS\t8", b"PR_XX\t8"), "'PR_XX' is no link type"),
        (b"ERMHDR\t19\n%R\t1\n", "line 2: a row before its table"),
        (b"ERMHDR\t19\n", "no project"),
    ],
)
def test_broken_xer_files_are_refused_with_line_and_field(content: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said) as refused:
        read(content)
    assert refused.value.zh


def test_a_calendar_nested_without_end_is_not_followed() -> None:
    plan = read(xer(calendar="(0||a()(" * 5000))
    assert any("nested too deep" in note for note in plan.notes)


DAYS = "".join(
    f"<StandardWorkHours><DayOfWeek>{day}</DayOfWeek><WorkTime><Start>08:00:00</Start><Finish>11:59:00</Finish></WorkTime>"
    "<WorkTime><Start>13:00:00</Start><Finish>16:59:00</Finish></WorkTime></StandardWorkHours>"
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
)
PMXML = f"""<?xml version="1.0" encoding="UTF-8"?>
<APIBusinessObjects xmlns="http://xmlns.oracle.com/Primavera/P6/V18.1/API/BusinessObjects"><Currency/>
<Calendar><ObjectId>10</ObjectId><Name>Day</Name><IsDefault>1</IsDefault><StandardWorkWeek>{DAYS}</StandardWorkWeek>
<HolidayOrExceptions><HolidayOrException><Date>2026-03-05T00:00:00</Date></HolidayOrException></HolidayOrExceptions></Calendar>
<UDFType><ObjectId>5</ObjectId><SubjectArea>Activity</SubjectArea><Title>Owner</Title></UDFType>
<Project><ObjectId>9</ObjectId><Name>Other</Name></Project>
<Project><ObjectId>1</ObjectId><Name>Line 3</Name><PlannedStartDate>2026-03-02T08:00:00</PlannedStartDate><DataDate>2026-03-02T00:00:00</DataDate>
<ActivityDefaultCalendarObjectId>10</ActivityDefaultCalendarObjectId>
<WBS><ObjectId>100</ObjectId><Name>Root</Name><Code>R</Code></WBS>
<Activity><ObjectId>1</ObjectId><Id>A</Id><Name>安装</Name><Type>Task Dependent</Type><Status>Not Started</Status><WBSObjectId>100</WBSObjectId>
<CalendarObjectId>10</CalendarObjectId><PlannedDuration>31,5</PlannedDuration><RemainingDuration>31,5</RemainingDuration>
<UDF><TypeObjectId>5</TypeObjectId><TextValue>李</TextValue></UDF></Activity>
<Activity><ObjectId>2</ObjectId><Id>B</Id><Name>Check</Name><Type>Finish Milestone</Type><Status>Not Started</Status>
<PrimaryConstraintType>Start On or After</PrimaryConstraintType><PrimaryConstraintDate>2026-03-02T08:00:00</PrimaryConstraintDate></Activity>
<Relationship><ObjectId>7</ObjectId><PredecessorActivityObjectId>1</PredecessorActivityObjectId><SuccessorActivityObjectId>2</SuccessorActivityObjectId>
<Type>Finish to Start</Type><Lag>0</Lag></Relationship></Project></APIBusinessObjects>""".encode()


def test_a_primavera_xml_file_is_read_and_scheduled() -> None:
    plan = read(PMXML)
    assert plan.title == "Line 3"
    assert day_and_hour(plan, "1") == (at(2, 8), datetime(2026, 3, 6, 16, 30, tzinfo=UTC))
    assert day_and_hour(plan, "2")[0] == datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
    assert {task.id: task.custom for task in plan.tasks if not task.is_summary} == {"A": {"Owner": "李"}, "B": {}}
    assert any("Currency" in note for note in plan.notes) and any("another of the file" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"31,5</Planned", b"x</Planned", "Activity A PlannedDuration: 'x' is no number"),
        (b"2026-03-02T00:00:00</DataDate", b"today</DataDate", "DataDate: 'today' is no date"),
        (b"Finish to Start", b"Never", "'Never' is no link type"),
        (b"<APIBusinessObjects", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><APIBusinessObjects', "entities"),
    ],
)
def test_broken_primavera_xml_is_refused_naming_the_field(before: bytes, after: bytes, said: str) -> None:
    assert before in PMXML
    with pytest.raises(FileError, match=said) as refused:
        read(PMXML.replace(before, after, 1))
    assert refused.value.zh


def test_what_primavera_says_survives_as_microsoft_project_xml() -> None:
    from jingwei.kernels.planfile import write_mspdi

    plan = read(PMXML)
    again = read(write_mspdi(plan))
    assert [dataclasses.replace(task, wbs="") for task in again.tasks] == [dataclasses.replace(task, wbs="") for task in plan.tasks]
    assert schedule_file(again)["1"].early_finish == schedule_file(plan)["1"].early_finish
