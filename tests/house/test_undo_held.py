"""The law of what an undo leaves: whoever is told to stay is there afterwards, and nothing that others made goes along with what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from jingwei.frame import scope
from jingwei.frame.models import Project, User
from jingwei.frame.project_templates import bringing, file, taking
from jingwei.frame.project_templates.bringing import Wanted
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
monday = date(2026, 11, 2)
Inside = Callable[[], Any]


@pytest.fixture
def brought(house: House, inside: Inside) -> bringing.Brought:
    """A project with a phase, a step in it and a task beside, brought in as a template."""
    with inside():
        tasks = resource("work.task")
        phase = commands.create(tasks, {"project": house.project.pk, "name": "phase"}, house.access)
        commands.create(tasks, {"project": house.project.pk, "name": "step", "parent": phase.pk}, house.access)
        commands.create(tasks, {"project": house.project.pk, "name": "beside"}, house.access)
        taken = taking.take(house.project, house.access)
        data, files = file.unpacked(file.packed(taken.data, taken.files)[0])
        return bringing.bring(data, files, Wanted("N", "NEW", monday), access_of(house.owner, house.tenant))


def names() -> set[str]:
    return set(resource("work.task").model.objects.filter(project__code="NEW").values_list("name", flat=True))


def by_somebody(house: House) -> Any:
    other, _made = User.objects.get_or_create(username="somebody")
    return scope.within(scope.Scope(house.tenant.pk, other.pk, None))


def test_what_somebody_changed_keeps_what_it_stands_on(house: House, inside: Inside, brought: bringing.Brought) -> None:
    with by_somebody(house):
        step = resource("work.task").model.objects.get(project=brought.project, name="step")
        commands.change(resource("work.task"), step, {"description": "work of somebody else"}, house.access)
    with inside():
        left = undo.undo(brought.trace, house.access)
        assert names() == {"phase", "step"} and len(left) == 3, left
        assert any("NEW" in text for text in left), "the project is named"


@pytest.mark.parametrize("is_own", [False, True])
def test_what_was_put_on_it_since_keeps_the_project_only(is_own: bool, house: House, inside: Inside, brought: bringing.Brought) -> None:
    with inside() if is_own else by_somebody(house):
        commands.create(resource("work.task"), {"project": brought.project.pk, "name": "theirs"}, house.access)
    with inside():
        left = undo.undo(brought.trace, house.access)
        assert names() == {"theirs"} and len(left) == 1 and "NEW" in left[0], left


def test_what_may_not_be_removed_keeps_what_it_stands_on(house: House, inside: Inside, brought: bringing.Brought, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import ValidationError

    from jingwei.frame.records import standing

    def refuse(found: Any, rows: Any) -> None:
        if any(getattr(row, "name", "") == "step" for row in rows):
            raise ValidationError("fixed")

    monkeypatch.setattr(standing, "refuse_removal", refuse)
    with inside():
        left = undo.undo(brought.trace, house.access)
        assert names() == {"phase", "step"} and any("fixed" in text for text in left), left
        assert Project.objects.filter(code="NEW").exists()
