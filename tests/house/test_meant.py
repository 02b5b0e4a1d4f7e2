"""The law of what is meant, over every reference of every resource: a piece of a code names nothing, whichever way it comes in, and what is like it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models, transaction

from jingwei.frame import scope
from jingwei.frame.models import Project, User
from jingwei.frame.records import commands, exchange, meant
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House
from tests.house.half import member

pytestmark = pytest.mark.django_db


def has_code(target: Resource | None) -> bool:
    return target is not None and target.spelt is None and isinstance(target.model_field(target.natural_key[-1]), models.CharField) and bool(target.search)


references = [(kind, name) for kind in resources() for name in kind.plain_fields if has_code(kind.target(name))]
every = pytest.mark.parametrize(("kind", "name"), references, ids=[f"{kind.key}-{name}" for kind, name in references])


def coded(house: House, target: Resource, code: str) -> Any:
    """A row with that code, which no other one has a piece of."""
    row = Project.objects.get(pk=house.project.pk) if target.model is Project else house.make(target)
    target.model.objects.filter(pk=row.pk).update(**{target.natural_key[-1]: code})
    return row


def made(house: House, kind: Resource, name: str, there: Any) -> tuple[Any, dict[str, Any]]:
    """A row that names it, and its values."""
    values = {n: getattr(v, "pk", v) for n, v in house.values(kind, 900).items()}
    try:
        with transaction.atomic():
            return commands.create(kind, values | {name: there.pk}, house.access), values
    except ValidationError as problem:
        pytest.skip(f"a rule of the whole row: {problem}")


@every
def test_a_piece_of_a_code_names_nothing(house: House, inside: Callable[[], Any], kind: Resource, name: str) -> None:
    """Given the only row there is with a code, when a longer or shorter one is named by form, file or program, then it is refused at its field, and the
    row is told as what may have been meant."""
    target = kind.target(name)
    assert target is not None
    with inside():
        there = coded(house, target, "QX-12")
        row, values = made(house, kind, name, there)
        commands.remove(kind, row, house.access)
        access, is_name = access_of(house.owner, house.tenant), target.natural_key[-1] in meant.names
        for origin in ("web", "import", "api:x"):
            for piece in ("QX-1", "X-12", "P9/QX-12", *(() if is_name else ("QX",))):
                with scope.because(origin=origin), pytest.raises(ValidationError) as refused:
                    commands.create(kind, values | {name: piece}, access)
                assert name in refused.value.message_dict, (origin, piece)
                assert "QX-12" in " ".join(refused.value.message_dict[name]), (origin, piece)
        assert commands.create(kind, values | {name: target.name_of(target.model.objects.get(pk=there.pk))}, access)


@every
def test_no_file_writes_by_a_likeness(house: House, inside: Callable[[], Any], kind: Resource, name: str) -> None:
    """Given a row that a file took out, when the same file names what it refers to by a piece of its code, then nothing is made and nothing changed."""
    target = kind.target(name)
    assert target is not None
    with inside():
        there = coded(house, target, "QX-12")
        row, _values = made(house, kind, name, there)
        names = exchange.fields_told(kind, house.access)
        text = b"".join(exchange.export_csv(kind, kind.rows(house.access).filter(pk=row.pk), names)).decode()
        sheet = exchange.read_sheet(text.replace("QX-12", "QX-1").encode(), "x.csv", kind)
        before = kind.model.objects.count()
        with scope.because(origin="web"):
            report = exchange.apply(kind, sheet, access_of(house.owner, house.tenant))
        assert report.rows[0].action == "error" and kind.model.objects.count() == before, report.rows[0]
        assert name in report.rows[0].errors, report.rows[0].errors


@pytest.mark.parametrize(
    ("name", "text", "is_said"),
    [
        ("接口联调", "联调", True), ("接口联调", "接口", True), ("Pump house", "pump", True), ("Pump house", "hou", True), ("Pump house", "ump", False), ("Pump house", "Ｐｕｍｐ  ＨＯＵＳＥ", True),
        ("泵房 B-12", "B-1", False), ("泵房 B-12", "B-12", True), ("12号楼", "2号楼", False), ("12号楼", "12号楼", True), ("改造 A-1-2", "A-1", False), ("K-7", "K", False),
        ("一段 QX-12", "qx-12", True), ("一段 QX-12", "一段 K-7", True), ("一段 QX-12", "K-", False),
    ],
)  # fmt: skip
def test_what_says_a_name(house: House, inside: Callable[[], Any], name: str, text: str, is_said: bool) -> None:
    """In a form, words of a name are enough when no other row has them; a number or a code in it stands alone."""
    with inside(), scope.because(origin="web"):
        task = house.make(resource("work.task"))
        type(task).objects.filter(pk=task.pk).update(code="K-7", name=name)
        kind = resource("work.task")
        row = kind.model.objects.get(pk=task.pk)
        assert meant.says(text, row, "code", kind.name_of(row)) == (is_said or text == "K-7")


def test_a_piece_of_a_user_name_is_nobody(house: House, inside: Callable[[], Any]) -> None:
    """Given a member manager, when “nage” is typed where a person is named, then nobody is taken; the beginning of his name is he."""
    user = member(house, "manager9", "manager", None)
    User.objects.filter(pk=user.pk).update(last_name="欧阳", first_name="明")
    projects = resource("frame.project")
    with inside():
        tried = (("web", "nage", False), ("web", "manager", False), ("web", "欧阳", True), ("import", "欧阳", False), ("import", "欧阳明", True))
        for number, (origin, text, is_he) in enumerate(tried):
            with scope.because(origin=origin):
                values = {"code": f"N-{number}", "name": "n", "start_on": "2026-11-02", "manager": text}
                try:
                    assert (commands.create(projects, values, house.access).manager == user) == is_he, (origin, text)
                except ValidationError as problem:
                    assert not is_he and "manager" in problem.message_dict, (origin, text)
