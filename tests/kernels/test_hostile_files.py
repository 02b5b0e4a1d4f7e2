"""Whatever bytes arrive: a schedule file is read or refused with a reason, and never anything else happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.kernels.calendar.stated import CalendarLayer, DayException, WorkCalendar
from jingwei.kernels.planfile import FileAssignment, FileError, FileLink, FileResource, FileTask, PlanFile, read, schedule_file, write_mspdi
from jingwei.kernels.planfile.xml import deepest
from tests.kernels.test_ganttproject_files import GAN
from tests.kernels.test_primavera_files import PMXML, xer

WEEK: Any = (((480, 720), (780, 1020)),) * 5 + ((), ())
START = datetime(2026, 3, 2, 8)


def mspdi() -> bytes:
    """A small file with a little of everything."""
    base = WorkCalendar((CalendarLayer("day", WEEK, (DayException(datetime(2026, 3, 5).date()),), "none"),), "UTC")
    tasks = (
        FileTask("1", "1", "All", is_summary=True),
        FileTask(
            "2", "2", "A", parent="1", outline_level=2, duration_minutes=480, percent=50.0, actual_start=START, remaining_minutes=240, stated={"start": START}
        ),
        FileTask("3", "3", "B", parent="1", outline_level=2, duration_minutes=960, constraint="SNET", constraint_at=START, custom={"Text1": "x"}),
    )
    gaps = ((datetime(2026, 3, 3, 8), datetime(2026, 3, 3, 12)),)
    return write_mspdi(
        PlanFile(
            "p", START, tasks, (FileLink("2", "3", "FS", 60),), {"1": base, "2": base.layered(CalendarLayer("own", None, (), "none"))}, {"1": "day", "2": "own"}, "1",
            resources=(FileResource("1", "r", calendar="2"),), assignments=(FileAssignment("1", "3", "1", 1.0, 960, START, START, gaps=gaps),),
            custom_fields={"188743731": "Text1"}, field_names={"188743731": "Text1"},
        )
    )  # fmt: skip


SAMPLES = [mspdi(), xer(), PMXML, GAN]
oddities = st.sampled_from(
    [
        b"",
        b"-1",
        b"0",
        b"99999999999999999999",
        b"1e400",
        b"nan",
        b"9999-12-31T23:59:00",
        b"0001-01-01",
        b"PT",
        b"-PT1H0M0S",
        b"\xff\xfe",
        b"<a/>",
        b"\t",
        b"\n",
        "经纬".encode(),
    ]
)


@st.composite
def damaged(draw: Any) -> bytes:
    """A good file with pieces replaced, most often a whole value."""
    content: bytes = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        begin = max(content.find(b">", at), content.find(b"\t", at), content.find(b'"', at)) + 1
        ends = [found for mark in (b"<", b"\t", b'"', b"\r") if (found := content.find(mark, begin)) >= 0]
        end = min(ends, default=begin)
        if draw(st.booleans()):
            begin, end = at, min(at + draw(st.integers(0, 60)), len(content))
        content = content[:begin] + draw(oddities | st.binary(max_size=8)) + content[end:]
    return content


@given(damaged())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_read_or_refused(content: bytes) -> None:
    try:
        plan = read(content, "x")
    except FileError as refused:
        assert str(refused)
        return
    try:
        schedule_file(plan)
    except ValueError as refused:
        assert str(refused)


@given(st.binary(max_size=300), st.sampled_from([b"", b"<", b"ERMHDR\t1\n%T\tPROJECT\n", b'<Project xmlns="http://schemas.microsoft.com/project">']))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(tail: bytes, head: bytes) -> None:
    with pytest.raises(FileError):
        read(head + tail, "x")


def test_samples_themselves_are_good() -> None:
    for content in SAMPLES:
        assert schedule_file(read(content)).finish > schedule_file(read(content)).start


@pytest.mark.parametrize("depth", [deepest + 1, 100_000])
def test_deep_nesting_is_refused_without_following_it(depth: int) -> None:
    for root in (b'Project xmlns="http://schemas.microsoft.com/project"', b'APIBusinessObjects xmlns="x"', b'project name="x"'):
        with pytest.raises(FileError, match="nested more than"):
            read(b"<" + root + b">" + b"<a>" * depth)


@pytest.mark.parametrize("root", ['Project xmlns="http://schemas.microsoft.com/project"', 'APIBusinessObjects xmlns="x"', 'project name="x"'])
def test_entities_and_outside_references_are_refused(root: str) -> None:
    bomb = '<!ENTITY a "x">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 9))
    for declared in (bomb, '<!ENTITY a SYSTEM "file:///etc/passwd">', '<!ENTITY % a SYSTEM "http://127.0.0.1/x"> %a;'):
        with pytest.raises(FileError, match="entities"):
            read(f"<!DOCTYPE x [{declared}]><{root}>&a;</{root.split()[0]}>".encode())


def test_files_beyond_the_limit_are_refused_before_they_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    from jingwei.kernels.planfile import xer as xer_module
    from jingwei.kernels.planfile import xml

    monkeypatch.setattr(xml, "largest", 1000)
    monkeypatch.setattr(xer_module, "largest", 1000)
    for content in SAMPLES:
        with pytest.raises(FileError, match="larger than"):
            read(content + b" " * 1000)


def test_an_outline_level_out_of_this_world_costs_no_time() -> None:
    hostile = mspdi().replace(b"<OutlineLevel>2</OutlineLevel>", b"<OutlineLevel>99999999999999999999</OutlineLevel>")
    assert hostile != mspdi()
    plan = read(hostile, "hostile.xml")
    assert [task.parent for task in plan.tasks if task.uid in ("2", "3")] == ["1", "1"]
