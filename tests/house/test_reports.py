"""Laws over reports: each answers its project, refuses strangers and unknown parameters, and keeps its budget of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.domains.work import services as work
from jingwei.frame.records.report import Report, reports
from tests.house.conftest import House
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
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
