"""The law of project templates: the stranger gets nothing; out and in again gives the same project; no id leaves the house in a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.frame import scope
from jingwei.frame.carried import files as carried_files
from jingwei.frame.documents import texts
from jingwei.frame.documents.declaration import registry as documents
from jingwei.frame.models import Attachment, DocumentText, Edge, Project
from jingwei.frame.project_templates import bringing, days, declared, file, ready, taking
from jingwei.frame.project_templates.bringing import Wanted
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import registry as traces
from tests.house.conftest import House
from tests.house.half import member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
monday = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def kept_apart(settings: Any, tmp_path: Any) -> None:
    """Files of these tests lie in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path


def made(house: House, key: str, **values: Any) -> Any:
    found = resource(key)
    given = {"project": house.project.pk} if "project" in found.fields and not resource(key).model_field("project").blank else {}  # type: ignore[union-attr]
    return commands.create(found, given | {name: getattr(value, "pk", value) for name, value in values.items()}, house.access)


@pytest.fixture
def plan(house: House, inside: Callable[[], Any]) -> House:
    """A project with a tree, links of every kind, dates, people, risks, decisions, traces, a draft and a file."""
    with inside():
        zone = days.zone_of(house.project.zone)
        person = made(house, "directory.person", number="E-9", name="王秘密", position="集成工程师")
        calendar = made(house, "worktime.calendar", name="夜班", layer="task")
        phase = made(house, "work.task", code="T-1", name="蓝图")
        first = made(house, "work.task", code="T-2", name="调研", parent=phase, duration_minutes=960, assignee=person, calendar=calendar, skill="MES")
        second = made(
            house,
            "work.task",
            code="T-3",
            name="设计",
            parent=phase,
            duration_minutes=1440,
            work_hours=Decimal("12.50"),
            units_percent=Decimal(50),
            task_type="fixed_duration",
        )
        gate = made(house, "work.task", code="T-4", name="评审通过", is_milestone=True, deadline=datetime(2026, 12, 5, 17, 30, tzinfo=zone))
        later = made(
            house, "work.task", code="T-5", name="上线", constraint="SNET", constraint_at=datetime(2027, 1, 4, 8, 30, tzinfo=zone), duration_minutes=480
        )
        for number, (a, b, kind) in enumerate(((first, second, "FS"), (second, gate, "SS"), (gate, later, "FF"), (first, later, "SF"))):
            made(house, "work.dependency", predecessor=a, successor=b, type=kind, lag_minutes=number * 60 - 60)
        risk = made(
            house,
            "risk.risk",
            code="R-7",
            title="硬件晚到",
            cost_low="1.00",
            cost_likely="2.50",
            cost_high="9.00",
            owner=person,
            review_on=monday + timedelta(days=26),
        )
        made(house, "risk.riskimpact", risk=risk, task=later, delay_low_minutes=1, delay_likely_minutes=2, delay_high_minutes=3)
        decision = made(house, "decision.decision", code="D-3", title="以 ERP 为准", choice="物料以 ERP 为唯一来源。")
        edges.join(traces["threatens"], risk, gate, house.access)
        edges.join(traces["decides"], decision, first, house.access)
        document = documents["risk.register"]
        texts.write(document, document.asked(house.access, house.project), "assessment", "一切尚好。", 0)
        carried_files.attach(resource("risk.risk"), risk, [SimpleUploadedFile("报价.txt", "一百元".encode())], house.access)
    return house


def taken(house: House, access: Access | None = None, **how: Any) -> bytes:
    found = taking.take(house.project, access or house.access, **how)
    return file.packed(found.data, found.files)[0]


def brought(house: House, content: bytes, access: Access | None = None, **wanted: Any) -> bringing.Brought:
    data, files = file.unpacked(content)
    rights = access or access_of(house.owner, house.tenant)
    return bringing.bring(data, files, Wanted(**({"name": "新项目", "code": "NEW", "start_on": monday} | wanted)), rights)


def print_of(project: Project, access: Access) -> Any:
    """What a project says, without its name and dates that follow from its start; files by their content."""
    found = taking.take(project, access)
    data = json.loads(json.dumps(found.data))
    data["project"].pop("name")
    data["rows"] = {key: sorted(({n: v for n, v in row.items() if n not in ("id", "assignee", "owner")} for row in rows), key=str) if key in ("work.dependency", "risk.riskimpact") else
                    [{n: v for n, v in row.items() if n not in ("assignee", "owner")} for row in rows] for key, rows in data["rows"].items()}  # fmt: skip
    return {**data, "people": None, "contents": sorted(found.files.values())}


def everything() -> dict[str, int]:
    return {each.key: each.model.objects.count() for each in resources()} | {
        "edges": Edge.objects.count(),
        "texts": DocumentText.objects.count(),
        "files": Attachment.objects.count(),
    }


def test_strangers_get_no_template_and_bring_none(plan: House, inside: Any) -> None:
    stranger = Program(plan, plan.stranger, plan.other)
    assert stranger.call("GET", "/api/v1/projects/P1/template")[0] == 404
    assert Client().get("/api/v1/projects/P1/template").status_code == 401
    with inside():
        content = taken(plan)
    answer = stranger.client.post(
        "/api/v1/templates", {"file": SimpleUploadedFile("t.zip", content), "project": "P1"}, headers={"Authorization": f"Bearer {stranger.token}"}
    )
    assert answer.status_code == 404
    viewer = Program(plan, plan.viewer, plan.tenant)
    assert viewer.call("GET", "/api/v1/projects/P1/template?files=false")[0] == 200
    for asked in ({"project": "P1"}, {"code": "X", "name": "X", "start_on": "2027-01-01"}):
        body = {"file": SimpleUploadedFile("t.zip", content), **asked}
        assert viewer.client.post("/api/v1/templates", body, headers={"Authorization": f"Bearer {viewer.token}"}).status_code == 403


@pytest.mark.parametrize("found", declared.templated(), ids=lambda each: each.key)
def test_what_goes_along_can_go_along(found: Resource) -> None:
    assert {declared.kind_of(found, name) for name in found.templated} <= {declared.OWN, declared.DATE, declared.LOCAL, declared.PERSON, declared.NAMED}
    needed = {
        name for name in found.fields if (field := found.model_field(name)) is not None and not field.blank and not field.has_default() and name != "project"
    }
    assert needed <= set(found.templated), "a row could not be made again without them"


def test_out_and_in_again_is_the_same_project(plan: House, inside: Any) -> None:
    with inside():
        result = brought(plan, taken(plan))
        assert print_of(result.project, plan.access) == print_of(plan.project, plan.access)
        assert result.project.pk != plan.project.pk and result.counts["work.task"] == 5 and not result.missing
        task = resource("work.task").model.objects.get(project=result.project, code="T-2")
        assert task.assignee is None and task.parent.name == "蓝图" and task.calendar.name == "夜班"


def test_people_are_placeholders_who_are_named_on_bringing_in(plan: House, inside: Any) -> None:
    with inside():
        content = taken(plan, with_files=False)
        assert "王秘密" not in content.decode() and "E-9" not in content.decode()
        other = made(plan, "directory.person", number="E-10", name="李")
        result = brought(plan, content, people={1: other.pk})
        model = resource("work.task").model
        assert model.objects.get(project=result.project, code="T-2").assignee == other
        for wrong in ({1: 10**9}, {2: other.pk}):
            with pytest.raises(ValidationError):
                brought(plan, content, code="N2", people=wrong)


def test_dates_move_by_working_days(plan: House, inside: Any) -> None:
    with inside():
        start = date(2027, 3, 15)
        result = brought(plan, taken(plan), start_on=start)
        before, after = days.ruler_of(plan.project), days.ruler_of(result.project)
        model = resource("work.task").model
        for code, name in (("T-4", "deadline"), ("T-5", "constraint_at")):
            old, new = (
                getattr(model.objects.get(project=each, code=code), name).astimezone(days.zone_of(each.zone)) for each in (plan.project, result.project)
            )
            assert before.measure(old.date())[0] == after.measure(new.date())[0] and old.time() == new.time()


@settings(max_examples=200, deadline=None)
@given(start=st.dates(date(2024, 1, 1), date(2028, 1, 1)), week=st.sets(st.integers(0, 6)), away=st.integers(-900, 900))
def test_every_date_comes_back_to_itself(start: date, week: set[int], away: int) -> None:
    ruler, day = days.Ruler(start, lambda each: each.weekday() in week), start + timedelta(days=away)
    assert days.Ruler(start, lambda each: each.weekday() in week).place(*ruler.measure(day)) == day


def test_a_part_holds_what_concerns_it(plan: House, inside: Any) -> None:
    with inside():
        model = resource("work.task").model
        phase, later = model.objects.get(code="T-1"), model.objects.get(code="T-5")
        data = taking.take(plan.project, plan.access, tasks=[phase.pk]).data
        assert [row["name"] for row in data["rows"]["work.task"]] == ["蓝图", "调研", "设计"]
        assert len(data["rows"]["work.dependency"]) == 1 and "risk.risk" not in data["rows"] and len(data["rows"]["decision.decision"]) == 1
        data = taking.take(plan.project, plan.access, tasks=[later.pk]).data
        assert set(data["rows"]) == {"work.task", "risk.risk", "risk.riskimpact"} and data["edges"] == []
        with pytest.raises(ValidationError):
            taking.take(plan.project, plan.access, tasks=[10**9])


def test_into_a_project_codes_give_way(plan: House, inside: Any) -> None:
    with inside():
        content = taken(plan)
        brought(plan, content, project=plan.project, code="", name="")
        model = resource("work.task").model
        assert model.objects.filter(project=plan.project).count() == 10
        assert len(set(model.objects.filter(project=plan.project).values_list("code", flat=True))) == 10


def test_what_one_may_not_see_is_left_out_and_told(plan: House, inside: Any) -> None:
    crew = member(plan, "crew", "crew", plan.project)
    with scope.within(scope.Scope(plan.tenant.pk, crew.pk)):
        access = access_of(crew, plan.tenant)
        access_sees = access.allows("frame.project.view", plan.project.pk)
        if not access_sees:
            with pytest.raises(PermissionDenied):
                taking.take(plan.project, access)
            access = Access(access.tenant_id, access.user_id, frozenset({"frame.project.view", "work.task.view"}))
        found = taking.take(plan.project, access)
    assert not {"risk.risk", "risk.riskimpact", "decision.decision"} & set(found.data["rows"])
    assert found.data["edges"] == [] and found.data["texts"] == [] and not found.files and len(found.left_out) >= 3


def test_one_undo_takes_all_of_it_back(plan: House, inside: Any) -> None:
    with inside():
        before = everything()
        content = taken(plan)
        for more in ({}, {"project": plan.project, "code": "", "name": ""}):
            result = brought(plan, content, **more)
            assert everything() != before
            assert undo.undo(result.trace, plan.access) == []
            after = everything()
            assert {k: v for k, v in after.items() if k != "files"} == {k: v for k, v in before.items() if k != "files"}


def test_nobody_brings_in_what_he_may_not_add(plan: House, inside: Any) -> None:
    with inside():
        content, before = taken(plan), everything()
        for lacking in ("work.task", "work.dependency", "risk.risk", "risk.riskimpact", "decision.decision", "frame.project"):
            grants = frozenset(p for each in resources() for p in each.permissions if p != f"{lacking}.add")
            with pytest.raises((PermissionDenied, ValidationError)):
                brought(plan, content, Access(plan.tenant.pk, plan.owner.pk, grants))
            assert everything() == before, "all or nothing"


def test_no_id_stands_in_a_file_and_none_is_taken_from_one(plan: House, inside: Any) -> None:
    with inside():
        for _number in range(3):  # so that ids of the database are no local ids
            made(plan, "work.task", name="fern")
        data = taking.take(plan.project, plan.access).data
        assert all(row["id"] == number for rows in data["rows"].values() for number, row in enumerate(rows, 1))
        text = json.dumps(data)
        for name in ("_id", "tenant", "pk", "created", plan.project.code):
            assert name not in text
        with scope.within(scope.Scope(plan.other.pk, plan.stranger.pk)):
            theirs = access_of(plan.stranger, plan.other)
            result = bringing.bring(data | {"files": []}, {}, Wanted("theirs", "TH", monday), theirs)
            assert result.project.tenant_id == plan.other.pk and not result.roles
            model = resource("work.task").model
            assert {task.assignee_id for task in model.objects.all()} == {None} and {task.calendar_id for task in model.objects.all()} == {None}
            assert any("夜班" in text for text in result.missing)


def test_programs_bring_templates_in(plan: House, inside: Any) -> None:
    program = Program(plan, plan.owner, plan.tenant)

    def post(**body: Any) -> tuple[int, Any]:
        answer = program.client.post("/api/v1/templates", body, headers={"Authorization": f"Bearer {program.token}"})
        return answer.status_code, answer.json()

    status, listed = program.call("GET", "/api/v1/templates")
    assert status == 200 and {each["key"] for each in listed} == set(ready.registry)
    assert post(ready="mes-rollout", code="MES-1", start_on="2027-03-01")[0] == 201
    with inside():
        content, person = taken(plan, with_files=False), resource("directory.person").model.objects.get(number="E-9")
    status, told = post(file=SimpleUploadedFile("t.json", content), code="COPY", name="Kopie", start_on="2027-03-01", people=json.dumps({"1": person.pk}))
    assert status == 201 and told["counts"]["work.task"] == 5 and told["trace"], told
    for wrong, field in (
        ({"code": "COPY"}, "code"), ({"code": "C2", "start_on": "soon"}, "start_on"), ({"code": "C2", "start_on": ""}, "start_on"), ({"code": "C2", "people": "x"}, "people"),
        ({"code": "C2", "people": '{"9": 1}'}, "people"), ({"code": "C2", "file": SimpleUploadedFile("t.json", b"{")}, "file"),
    ):  # fmt: skip
        status, told = post(**({"file": SimpleUploadedFile("t.json", content), "name": "x", "start_on": "2027-03-01"} | wrong))
        assert status == 422 and told["errors"][0]["field"] == field, (wrong, told)
    assert post(file=SimpleUploadedFile("t.json", content), project="NOWHERE")[0] == 404
    assert program.call("GET", "/api/v1/projects/P1/template?tasks=x")[0] == 422
    assert program.call("GET", "/api/v1/projects/NOWHERE/template")[0] == 404


def test_taking_costs_the_same_however_many(plan: House, inside: Any) -> None:
    def asked() -> int:
        with inside(), CaptureQueriesContext(connection) as caught:
            taking.take(plan.project, access_of(plan.owner, plan.tenant))
        return len(caught)

    few = asked()
    with inside():
        person = resource("directory.person").model.objects.get(number="E-9")
        for number in range(6):
            made(plan, "work.task", name=f"weiter {number}", assignee=person)
            edges.join(traces["threatens"], made(plan, "risk.risk", title=f"noch {number}"), resource("work.task").model.objects.get(code="T-2"), plan.access)
    assert asked() == few
