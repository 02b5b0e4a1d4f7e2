"""GanttProject files: days, links, holidays and progress read; broken ones refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jingwei.kernels.planfile import FileError, read, schedule_file

GAN = """<?xml version="1.0" encoding="UTF-8"?><project name="House" version="3.0">
<calendars><day-types><default-week id="1" name="default" sun="1" mon="0" tue="0" wed="0" thu="0" fri="0" sat="0"/></day-types>
<date year="2026" month="3" date="4" type="HOLIDAY">off</date><date year="" month="3" date="8" type="WORKING_DAY"/></calendars>
<tasks><taskproperties><taskproperty id="tpc0" name="Owner" type="custom"/></taskproperties>
<task id="0" name="建房" start="2026-03-02" duration="4"><task id="1" name="Walls" start="2026-03-02" duration="3" complete="50">
<depend id="2" type="2" difference="1" hardness="Strong"/><customproperty taskproperty-id="tpc0" value="李"/></task>
<task id="2" name="Roof" start="2026-03-20" duration="2"/></task><task id="3" name="Garden" start="2026-03-10" duration="1"/>
<task id="4" name="Late" start="2026-03-03" duration="1" thirdDate="2026-03-12" thirdDate-constraint="1"/></tasks>
<resources><resource id="7" name="Ada"/></resources><allocations><allocation task-id="1" resource-id="7" load="50.0"/></allocations>
<previous><previous-tasks name="base"/></previous></project>""".encode()


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_a_ganttproject_file_is_read_and_scheduled() -> None:
    plan = read(GAN)
    dates = schedule_file(plan)
    tasks = {task.uid: task for task in plan.tasks}
    assert (tasks["1"].parent, tasks["1"].custom, tasks["0"].is_summary) == ("0", {"Owner": "李"}, True)
    # Three days from Monday with Wednesday off; then a day of lag, Saturday and Sunday the 8th both worked.
    assert (dates["1"].early_start, dates["1"].early_finish) == (at(2, 8), at(5, 17))
    assert (dates["2"].early_start, dates["2"].early_finish) == (at(7, 8), at(8, 17))
    assert dates["3"].early_start == at(10, 8)
    assert dates["4"].early_start == at(12, 8)
    assert (plan.assignments[0].units, plan.resources[0].name) == (0.5, "Ada")
    assert plan.notes == ("element previous × 1",)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'start="2026-03-20"', b'start="soon"', "task 2 Roof start: 'soon' is no date"),
        (b'duration="3"', b'duration="long"', "task 1 Walls duration: 'long' is no number"),
        (b'type="2" difference', b'type="9" difference', "'9' is no link type"),
        (b"<tasks>", b"<chores>", "not well-formed"),
    ],
)
def test_broken_ganttproject_files_are_refused(before: bytes, after: bytes, said: str) -> None:
    assert before in GAN
    with pytest.raises(FileError, match=said) as refused:
        read(GAN.replace(before, after, 1))
    assert refused.value.zh
