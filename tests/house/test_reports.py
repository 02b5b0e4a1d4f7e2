"""Laws over reports: each answers its project, refuses strangers and unknown parameters, and keeps its budget of queries; those over all projects tell a
stranger nothing of ours, and whoever may look into one project nothing of another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.frame import scope
from jingwei.frame.records.report import Report, Survey, reports, surveys
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
over_all = pytest.mark.parametrize("survey", list(surveys()), ids=lambda s: s.key)
every = pytest.mark.parametrize("report", list(reports()), ids=lambda r: r.key)
query_budget = 25


@pytest.fixture
def busy(house: House, inside: Any) -> House:
    """A chain of tasks, so that every report has something to say."""
    with inside():
        chain = [work.task_save(project=house.project, name=f"任务 {n}", duration_minutes=960) for n in range(6)]
        for before, after in zip(chain, chain[1:], strict=False):
            work.dependency_save(predecessor=before, successor=after)
    return house


@every
def test_a_report_answers_within_its_budget(report: Report, busy: House) -> None:
    program = Program(busy, busy.owner, busy.tenant)
    address = f"/api/v1/reports/{report.key}/{busy.project.code}"
    program.call("GET", address)
    with CaptureQueriesContext(connection) as queries:
        status, told = program.call("GET", address)
    assert status == 200, told
    assert told["project"] == busy.project.code
    assert len(queries) <= query_budget


@every
def test_a_report_refuses_strangers_and_what_it_does_not_know(report: Report, busy: House) -> None:
    address = f"/api/v1/reports/{report.key}/{busy.project.code}"
    assert Client().get(address).status_code == 401
    assert Program(busy, busy.stranger, busy.other).call("GET", address)[0] == 404
    status, told = Program(busy, busy.owner, busy.tenant).call("GET", address + "?surprise=1")
    assert status == 422 and told["errors"][0]["field"] == "surprise"


@over_all
def test_a_survey_tells_the_stranger_nothing_and_refuses_what_it_does_not_know(survey: Survey, busy: House) -> None:
    address = f"/api/v1/reports/{survey.key}"
    assert Client().get(address).status_code == 401
    status, told = Program(busy, busy.stranger, busy.other).call("GET", address)
    assert status == 403 or (busy.project.code not in json.dumps(told) and "任务" not in json.dumps(told, ensure_ascii=False))
    owner = Program(busy, busy.owner, busy.tenant)
    owner.call("GET", address)
    with CaptureQueriesContext(connection) as queries:
        assert owner.call("GET", address)[0] == 200
    assert len(queries) <= query_budget
    status, told = owner.call("GET", address + "?surprise=1")
    assert status == 422 and told["errors"][0]["field"] == "surprise"


@over_all
def test_a_survey_counts_only_projects_that_its_reader_may_look_into(survey: Survey, half: Half) -> None:
    """Given work of one person in two projects, when somebody asks who holds the right in one, then nothing of the other is told, not even in a sum."""
    with scope.within(scope.Scope(half.house.tenant.pk)):
        person = Person(number="E-77", name="两边")
        person.save()
        for task in (half.mine[0], half.theirs[0]):
            work.task_save(instance=task, assignee=person)
        for project in (half.house.project, half.other):
            schedule.project_recalculate(project_id=project.pk)
        lead = member(half.house, "survey-lead", "manager", half.house.project)
    program = Program(half.house, lead, half.house.tenant)
    span = "?person=E-77"
    before = program.call("GET", f"/api/v1/reports/{survey.key}{span}")
    assert before[0] == 200 and "两边" in json.dumps(before[1], ensure_ascii=False) and half.other.code not in json.dumps(before[1])
    with scope.within(scope.Scope(half.house.tenant.pk)):
        work.task_remove(instance=half.theirs[0])
    assert program.call("GET", f"/api/v1/reports/{survey.key}{span}") == before
