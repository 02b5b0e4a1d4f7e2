"""Schedule files: shown first, written once, the same file again changes; out and in again is the same plan; hostile ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.models import PlanImport
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Dependency, Task
from jingwei.kernels.calendar.stated import WorkCalendar
from jingwei.kernels.planfile import FileAssignment, FileLink, FileResource, FileTask, PlanFile, read, schedule_file, write_mspdi
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


def plan(**changes: object) -> PlanFile:
    """A summary with two tasks after each other, a milestone, a person known here and one who is not."""
    tasks = (
        FileTask("1", "1", "实施", is_summary=True),
        FileTask("2", "2", "开发", parent="1", outline_level=2, duration_minutes=2400, deadline=datetime(2026, 12, 1, 18)),
        FileTask("3", "3", "测试", parent="1", outline_level=2, duration_minutes=960, percent=0, constraint="SNET", constraint_at=datetime(2026, 11, 16, 9)),
        FileTask("4", "4", "验收", is_milestone=True, baselines={"0": {"start": datetime(2026, 11, 20, 18), "finish": datetime(2026, 11, 20, 18)}}),
    )
    links = (FileLink("2", "3", "FS", 480), FileLink("3", "4"))
    resources = (FileResource("r1", "吴刚"), FileResource("r2", "外部顾问"))
    assignments = (FileAssignment("a1", "2", "r1"), FileAssignment("a2", "3", "r2"))
    values = {"tasks": tasks, "links": links, "resources": resources, "assignments": assignments} | changes
    return PlanFile("导入", datetime(2026, 11, 2, 9), calendars={"1": WorkCalendar()}, calendar_names={"1": "标准"}, project_calendar="1", **values)  # type: ignore[arg-type]


def upload(firm: Firm, content: bytes, name: str = "plan.xml", who: str = "manager") -> object:
    return firm.client(who).post("/schedule/files/P1/bring/", {"file": SimpleUploadedFile(name, content)})


def test_who_may_not_sees_nothing_and_writes_nothing(firm: Firm) -> None:
    assert firm.client("stranger").get("/schedule/files/P1/").status_code == 404
    assert upload(firm, write_mspdi(plan()), who="viewer").status_code == 403  # type: ignore[attr-defined]
    assert PlanImport.objects.count() == 0


def test_first_it_is_shown_then_it_is_written(firm: Firm) -> None:
    answer = upload(firm, write_mspdi(plan()))
    assert answer.status_code == 302 and Task.objects.count() == 0, "nothing is written before somebody agrees"  # type: ignore[attr-defined]
    manager, kept = firm.client("manager"), PlanImport.objects.get()
    page = manager.get(f"/schedule/files/P1/{kept.pk}/").content.decode()
    assert 'data-count="new">4<' in page and "外部顾问" in page and "基线" in page, "what is not taken over is said"
    assert manager.post(f"/schedule/files/P1/{kept.pk}/import/").status_code == 302
    rows = {task.name: task for task in Task.objects.all()}
    assert (rows["开发"].parent, rows["实施"].is_summary, rows["验收"].is_milestone) == (rows["实施"], True, True)
    assert rows["开发"].assignee == Person.objects.get(name="吴刚") and rows["测试"].assignee is None
    assert rows["测试"].constraint == "SNET" and rows["开发"].deadline == datetime(2026, 12, 1, 10, tzinfo=UTC)
    link = Dependency.objects.get(successor=rows["测试"])
    assert (link.predecessor, link.type, link.lag_minutes) == (rows["开发"], "FS", 480)
    assert rows["验收"].finish is not None, "the dates are computed"
    with refuses(text="已经导入"):
        services.file_import(instance=PlanImport.objects.get())


def test_work_goes_only_to_somebody_who_is_here_and_named_in_full(firm: Firm) -> None:
    """Given initials, a whole spelling and somebody who has left, when the file is shown and brought, then only the spelling names somebody."""
    Person(number="E-90", name="郑离", is_active=False).save()
    names = ("WG", "Wu Gang", "郑离")
    tasks = tuple(FileTask(str(at), str(at), name, duration_minutes=480) for at, name in enumerate(names, 1))
    resources = tuple(FileResource(f"r{at}", name) for at, name in enumerate(names, 1))
    assignments = tuple(FileAssignment(f"a{at}", str(at), f"r{at}") for at, _name in enumerate(names, 1))
    upload(firm, write_mspdi(plan(tasks=tasks, links=(), resources=resources, assignments=assignments)))
    manager, kept = firm.client("manager"), PlanImport.objects.get()
    assert "没有在岗人员叫 WG, 郑离" in manager.get(f"/schedule/files/P1/{kept.pk}/").text
    manager.post(f"/schedule/files/P1/{kept.pk}/import/")
    who = {task.name: task.assignee and task.assignee.name for task in Task.objects.all()}
    assert who == {"WG": None, "Wu Gang": "吴刚", "郑离": None}


def test_the_same_file_again_changes_and_does_not_double(firm: Firm) -> None:
    services.file_import(instance=services.file_keep(project=firm.project, name="a.xml", content=write_mspdi(plan())))
    tasks = tuple(t if t.uid != "2" else FileTask("2", "2", "开发（改）", parent="1", outline_level=2, duration_minutes=4800) for t in plan().tasks)
    again = services.file_import(instance=services.file_keep(project=firm.project, name="b.xml", content=write_mspdi(plan(tasks=tasks))))
    assert again.counts == {"new": 0, "changed": 4, "links": 2, "refused": []}
    assert Task.objects.count() == 4 and Task.objects.get(name="开发（改）").duration_minutes == 4800


def test_links_that_cannot_be_are_refused_by_name_and_the_rest_is_written(firm: Firm) -> None:
    links = (FileLink("2", "3"), FileLink("3", "2"), FileLink("1", "2"), FileLink("3", "4"))
    done = services.file_import(instance=services.file_keep(project=firm.project, name="loop.xml", content=write_mspdi(plan(links=links))))
    assert done.counts is not None and done.counts["links"] == 2
    refused = {(each["from"], each["to"]) for each in done.counts["refused"]}
    assert len(refused) == 2 and ("实施", "开发") in refused
    assert len(refused & {("测试", "开发"), ("开发", "测试")}) == 1, "one link of the loop goes, the other stays"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"hello", "plan.txt"), (b"", "empty.xml"), (b'<?xml version="1.0"?><Project xmlns="http://schemas.microsoft.com/project"><Tasks>', "cut.xml"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Project xmlns="http://schemas.microsoft.com/project">&a;</Project>', "entity.xml"), (b"\xd0\xcf\x11\xe0" + bytes(600), "plan.mpp"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_so_and_is_not_kept(firm: Firm, content: bytes, name: str) -> None:
    answer = upload(firm, content, name)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()  # type: ignore[attr-defined]
    assert PlanImport.objects.count() == 0


def test_a_project_goes_out_and_comes_back_the_same(firm: Firm) -> None:
    first = firm.task("开发", duration_minutes=2400, assignee=Person.objects.get(name="吴刚"))
    second = firm.task("测试", duration_minutes=960)
    work.dependency_save(predecessor=first, successor=second, type="SS", lag_minutes=240)
    services.project_recalculate(project_id=firm.project.pk)
    services.baseline_take(project=firm.project, name="B")
    answer = firm.client("manager").get("/schedule/files/P1/export.xml")
    assert answer.status_code == 200 and answer["Content-Disposition"].endswith('"P1.xml"')
    out = read(answer.content, "P1.xml")
    assert [(t.name, t.duration_minutes) for t in out.tasks] == [("开发", 2400), ("测试", 960)]
    assert (out.links[0].type, out.links[0].lag_minutes) == ("SS", 240)
    assert out.tasks[0].baselines["0"]["start"] == out.tasks[0].stated["start"]
    assert [r.name for r in out.resources] == ["吴刚"]
    services.file_import(instance=services.file_keep(project=firm.second, name="P1.xml", content=answer.content))
    copies = list(Task.objects.filter(project=firm.second).order_by("position"))
    assert [(t.name, t.duration_minutes, t.assignee and t.assignee.name) for t in copies] == [("开发", 2400, "吴刚"), ("测试", 960, None)]
    assert queries.files_of(firm.second.pk).count() == 1


def test_other_programs_are_told_the_public_holidays(firm: Firm) -> None:
    """Given work over the turn of the year, when the file is calculated by itself, then its dates are the project's."""
    firm.project.data_date = datetime(2026, 11, 2, tzinfo=UTC)
    firm.project.save()
    first, second = firm.task("开发", duration_minutes=480 * 38), firm.task("测试", duration_minutes=480 * 10)
    work.dependency_save(predecessor=first, successor=second)
    services.project_recalculate(project_id=firm.project.pk)
    out = schedule_file(read(queries.project_file(firm.project), "P1.xml"))
    last = Task.objects.get(name="测试").finish
    assert last is not None and last.year == 2027
    assert out.finish.replace(tzinfo=None) == last.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
