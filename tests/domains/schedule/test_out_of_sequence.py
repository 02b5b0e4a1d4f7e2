"""Work that has begun although its predecessor is not done: it waits or goes on, as the project says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jingwei.domains.schedule import services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


def finish_of_test(firm: Firm, logic: str) -> datetime:
    firm.project = commands.change(resource("frame.project"), firm.project, {"progress_logic": logic}, firm.rights("manager"))
    services.project_recalculate(project_id=firm.project.pk)
    finish = Task.objects.get(name="测试").finish
    assert finish is not None
    return finish


def test_retained_logic_waits_and_override_goes_on(firm: Firm) -> None:
    firm.project.data_date = datetime(2026, 11, 4, 1, tzinfo=UTC)
    firm.project.save()
    build = firm.task("开发", duration_minutes=4800)
    test = firm.task("测试", duration_minutes=960, percent=50, actual_start=datetime(2026, 11, 3, 1, tzinfo=UTC))
    work.dependency_save(predecessor=build, successor=test)
    waits, goes_on = finish_of_test(firm, "retained"), finish_of_test(firm, "override")
    build.refresh_from_db()
    assert build.finish is not None and waits > build.finish > goes_on
    assert goes_on == datetime(2026, 11, 4, 10, tzinfo=UTC), "the half that is left takes the day from the data date"
