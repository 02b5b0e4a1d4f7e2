"""The law of what goes along: whatever a deletion takes with a row comes back by undo as it was, or holds the row, or is told; what only passes is missed by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.utils import translation

from jingwei.frame import scope
from jingwei.frame.models import Counter, Membership, Project, Role, TenantModel, User
from jingwei.frame.records import along, commands, undo
from jingwei.frame.records.resource import Resource, resource, resource_of, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
beside = {field.name for field in TenantModel._meta.get_fields()} | {"project"}
taken_along = [(kind, part) for kind in resources() for part in along.ways(kind.model) if resource_of(part) is None]


def test_what_is_lost_is_known() -> None:
    with translation.override("en"):
        lost = {kind.key: along.lost_with(kind.model) for kind in resources() if along.lost_with(kind.model)}
    assert lost == {"frame.project": ["memberships", "schedule files"]}
    assert {part for _kind, part in taken_along if not issubclass(part, TenantModel)} == {Membership, Counter}


@pytest.mark.parametrize(("kind", "part"), taken_along, ids=[f"{kind.key}-{part._meta.label_lower}" for kind, part in taken_along])
def test_what_goes_along_comes_back_or_holds_or_is_told(kind: Resource, part: Any, house: House, inside: Callable[[], Any]) -> None:
    with inside(), translation.override("en"):
        whole = house.make(kind)
        if (way := next((way for way in along.ways(kind.model)[part] if "__" not in way), None)) is None or along.is_part_of_held(part):
            pytest.skip("it goes with another one, and is tried there")
        row = part._base_manager.filter(**{way: whole}).first() or filled(house, part, {way: whole})
        before = told(row)
        try:
            with scope.because(trace="gone"):
                commands.remove(kind, kind.model.objects.get(pk=whole.pk), house.access)
        except ValidationError as problem:
            assert along.is_held(part) and f"stays on record would go with it: {part._meta.verbose_name}" in problem.messages[0]
            return
        assert not along.is_held(part) and not part._base_manager.filter(pk=row.pk).exists(), "it went along"
        left = undo.undo("gone", house.access)
        assert left == [] and kind.model.objects.filter(pk=whole.pk).exists()
        back = part._base_manager.filter(pk=row.pk).first()
        if along.comes_back(part):
            assert told(back) == before
        elif not getattr(part, "passes", False):
            assert back is None and str(part._meta.verbose_name_plural) in left.told[0]


parts_of_resources = [(kind, part) for kind in resources() for part in along.ways(kind.model) if resource_of(part) is not None]


@pytest.mark.parametrize(("kind", "part"), parts_of_resources, ids=[f"{kind.key}-{part._meta.label_lower}" for kind, part in parts_of_resources])
def test_a_resource_that_goes_along_comes_back_as_it_was(kind: Resource, part: Any, house: House, inside: Callable[[], Any]) -> None:
    found, way = resource_of(part), next((way for way in along.ways(kind.model)[part] if "__" not in way), None)
    assert found is not None
    if way is None or way not in found.fields:
        pytest.skip("it goes with another one, and is tried there")
    with inside(), translation.override("en"):
        whole = house.make(kind)
        values = {name: value.pk if isinstance(value, models.Model) else value for name, value in house.values(found, 7).items()}
        try:
            row = part.objects.get(pk=commands.create(found, {**values, way: whole.pk}, house.access).pk)
        except ValidationError as problem:
            pytest.skip(f"it is not joined so: {problem}")
        before = told(row)
        with scope.because(trace="gone"):
            commands.remove(kind, kind.model.objects.get(pk=whole.pk), house.access)
        assert not part._base_manager.filter(pk=row.pk).exists()
        assert undo.undo("gone", house.access) == []
        assert told(part.objects.get(pk=row.pk)) == before


loose: list[tuple[str, str, dict[str, Any]]] = [
    ("frame.project", "frame.customfield", {"project": 0, "resource": "work.task", "kind": "text"}),
    ("frame.project", "worktime.calendar", {"project": 0, "layer": "project"}),
    ("directory.person", "worktime.calendar", {"person": 0, "layer": "person"}),
]


@pytest.mark.parametrize(("kind", "part", "values"), loose)
def test_what_may_belong_to_nothing_comes_back_to_what_it_belonged_to(
    kind: str, part: str, values: dict[str, Any], house: House, inside: Callable[[], Any]
) -> None:
    with inside(), translation.override("en"):
        whole, found = house.make(resource(kind)), resource(part)
        given = {name: value.pk if isinstance(value, models.Model) else value for name, value in house.values(found, 7).items()}
        row = commands.create(found, given | {name: value if value != 0 else whole.pk for name, value in values.items()}, house.access)
        before = told(found.model.objects.get(pk=row.pk))
        with scope.because(trace="gone"):
            commands.remove(resource(kind), resource(kind).model.objects.get(pk=whole.pk), house.access)
        assert not found.model.objects.filter(pk=row.pk).exists()
        assert undo.undo("gone", house.access) == []
        assert told(found.model.objects.get(pk=row.pk)) == before


def told(row: Any) -> dict[str, Any]:
    """Every value of a row but the count of its versions."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in ("version", "created_at", "updated_at")}


def filled(house: House, model: Any, given: dict[str, Any]) -> Any:
    """A row of any model, past its verbs: each field that has to be filled has a value."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if (
            field.name in given
            or field.primary_key
            or field.null
            or (field.has_default() and not isinstance(field, models.ForeignKey))
            or field.name in ("created_at", "updated_at")
        ):
            continue
        values[field.name] = value_for(house, field)
    row = model(**values | given)
    if hasattr(row, "until_on"):
        row.until_on = date(2026, 12, 31)
    if model._meta.label_lower == "frame.deputy":
        row.deputy = User.objects.create_user("deputy", password=None)
    row.save()
    return model._base_manager.get(pk=row.pk)


def value_for(house: House, field: Any) -> Any:
    """Something that the field takes."""
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        known = {type(house.tenant): house.tenant, User: house.owner, Project: house.project, Role: Role.objects.filter(tenant=house.tenant).first()}
        if target in known:
            return known[target]
        found = resource_of(target)
        return house.make(found) if found is not None else filled(house, target, {})
    kinds: dict[type, Any] = {
        models.DateTimeField: datetime(2026, 11, 2, tzinfo=UTC), models.DateField: date(2026, 11, 2), models.BooleanField: False, models.IntegerField: 1,
        models.DecimalField: 1, models.BinaryField: b"x", models.JSONField: {}, models.FileField: "x.txt",
    }  # fmt: skip
    if field.choices:
        return field.choices[0][0]
    if field.name == "period":
        return "2026-10"
    return next((value for each, value in kinds.items() if isinstance(field, each)), "x")


def test_an_interface_that_was_published_is_retired_instead(house: House, inside: Callable[[], Any]) -> None:
    with inside(), translation.override("en"):
        made = house.make(resource("hub.interface"))
        made.versions.create(tenant_id=house.tenant.pk, number=1, spec={}, fingerprint="x")
        with pytest.raises(ValidationError, match="Retire it instead"):
            commands.remove(resource("hub.interface"), made, house.access)
        with pytest.raises(ValidationError, match="version of an interface"):
            commands.remove(resource("frame.project"), house.project, house.access)


def test_a_page_that_asks_offers_no_deletion_that_would_be_refused(house: House, inside: Callable[[], Any]) -> None:
    """Given a row that something holds, when its page asks before deleting, then it says what holds it and has no button."""
    with inside():
        made = house.make(resource("hub.interface"))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = f"/w/hub.interface/{made.pk}/delete/"
    assert "btn-danger" in client.get(address).text
    with inside():
        made.versions.create(tenant_id=house.tenant.pk, number=1, spec={}, fingerprint="x")
    asked = client.get(address).text
    assert "Retire it instead" in asked and "btn-danger" not in asked and "It can be undone" not in asked


def test_what_nobody_takes_back_is_told(house: House, inside: Callable[[], Any]) -> None:
    from jingwei.frame.models import StageRule

    with inside(), translation.override("en"):
        with scope.because(trace="rules"):
            rule = StageRule(project=house.project, resource="change.changerequest", stage="decision", quorum=2)
            rule.save()
        assert undo.undo("rules", house.access) == ["“Rules of stages” stay as they are: they are not taken back."]
        with scope.because(trace="gone"):
            rule.delete()
        assert undo.undo("gone", house.access) == ["“Rules of stages” do not come back."]


def test_what_somebody_wrote_by_a_right_he_takes_back_by_the_same(house: House, inside: Callable[[], Any]) -> None:
    """Given somebody who may add and not delete, when he takes back what he made, then it goes; what another one made stays."""
    from jingwei.frame.rights.access import Access

    lines = resource("cost.line")
    writer = Access(house.tenant.pk, house.owner.pk, frozenset({"cost.line.add", "cost.line.view", "frame.project.view"}))
    with inside():
        with scope.because(trace="mine"):
            mine = commands.create(lines, {**lines.example(), "number": "M", "project": house.project.pk}, writer)  # type: ignore[misc]
        with scope.within(scope.Scope(house.tenant.pk, house.viewer.pk, trace="theirs")):
            theirs = commands.create(lines, {**lines.example(), "number": "T", "project": house.project.pk}, house.access)  # type: ignore[misc]
        assert undo.undo("mine", writer) == [] and not lines.model.objects.filter(pk=mine.pk).exists()
        assert "cost.line.delete" in undo.undo("theirs", writer)[0] and lines.model.objects.filter(pk=theirs.pk).exists()
        with scope.because(trace="changed since"):
            changed = commands.create(lines, {**lines.example(), "number": "C", "project": house.project.pk}, writer)  # type: ignore[misc]
        with scope.within(scope.Scope(house.tenant.pk, house.viewer.pk, trace="another")):
            commands.change(lines, changed, {"description": "somebody else's word"}, house.access)
        assert undo.undo("changed since", writer) and lines.model.objects.filter(pk=changed.pk).exists(), "what others have put into it is not his to take"


def test_values_of_a_projects_own_fields_come_back_with_it(house: House, inside: Callable[[], Any]) -> None:
    tasks, fields = resource("work.task"), resource("frame.customfield")
    with inside():
        whole = house.make(resource("frame.project"))
        field = commands.create(
            fields, {"project": whole.pk, "resource": "work.task", "kind": "text", "key": "room", "label_en": "Room", "label_zh": "房间"}, house.access
        )
        task = commands.create(tasks, {"project": whole.pk, "name": "A", "extra": {field.key: "7"}}, house.access)
        before = tasks.model.objects.get(pk=task.pk).extra
        with scope.because(trace="gone"):
            commands.remove(resource("frame.project"), whole, house.access)
        assert undo.undo("gone", house.access) == []
        assert before and tasks.model.objects.get(pk=task.pk).extra == before
