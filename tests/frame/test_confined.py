"""Files of strangers are read in a process with limits: an ordinary one quickly, a hostile one to its own harm only."""

from __future__ import annotations

import time

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from jingwei.frame.walls import confined
from jingwei.kernels.planfile import PlanFile, write_mspdi

read = "jingwei.kernels.sheets:read"


def test_an_ordinary_sheet_costs_less_than_half_a_second() -> None:
    content = b"code,name\n" + b"a,b\n" * 500
    confined.run(read, content, "x.csv")  # the helper's own start
    begun = time.monotonic()
    table = confined.run(read, content, "x.csv")
    assert len(table) == 501 and time.monotonic() - begun < 0.5


def test_what_the_reader_refuses_is_said_in_the_readers_language() -> None:
    for language, words in (("zh-hans", "请选择"), ("en", "Choose")):
        with translation.override(language), pytest.raises(ValidationError) as refused:
            confined.run(read, b"x", "x.doc")
        assert words in refused.value.messages[0]


@pytest.mark.parametrize(
    "limits", [confined.Limits(memory_mb=40), confined.Limits(cpu_seconds=0), confined.Limits(seconds=1)], ids=["memory", "processor", "time"]
)
def test_memory_processor_and_time_are_limited(limits: confined.Limits) -> None:
    """Given a sheet that wants more than it may have, when it is read, then that ends, is told as such, and the next file is read."""
    large = (b'""' + b',""' * 499 + b"\n") * 40_000
    begun = time.monotonic()
    with pytest.raises(confined.Beyond):
        confined.run(read, b"code" + large, "x.csv", limits=limits)
    assert time.monotonic() - begun < 20
    assert confined.run(read, b"a,b\n", "x.csv") == [["a", "b"]]


def test_only_our_own_readers_run_and_answers_are_data() -> None:
    for work in ("os:system", "jingwei.frame.secrets:open_secret"):
        with pytest.raises(ValidationError):
            confined.run(work, b"echo")


def test_a_schedule_file_comes_back_whole() -> None:
    from datetime import datetime

    from jingwei.kernels.calendar.stated import WorkCalendar
    from jingwei.kernels.planfile import FileTask

    task = FileTask(uid="1", id="1", name="挖土", duration_minutes=480)
    made = write_mspdi(PlanFile("P", datetime(2026, 11, 2, 9), (task,), (), {"1": WorkCalendar()}, {"1": "Standard"}, "1"))
    found = confined.run("jingwei.kernels.planfile.reading:read", made, "x.xml", limits=confined.Limits(memory_mb=2500))
    assert isinstance(found, PlanFile) and found.tasks[0].name == "挖土"
