"""Laws over every resource: it lists, edits, imports what it exported, refuses strangers, and keeps its query budget."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.frame.models import History
from jingwei.frame.records import commands, exchange
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("resource", list(resources()), ids=lambda r: r.key)


def logged_in(house: House, user: Any) -> Client:
    """A browser of somebody."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def posted(house: House, resource: Resource, number: int = 1) -> dict[str, Any]:
    """Form data for a new row; references as our own pickers write them."""
    return {n: (f"#{v.pk}" if isinstance(v, models.Model) else v) for n, v in house.values(resource, number).items() if v is not None}


def text_field(resource: Resource) -> str | None:
    """A plain text field that may be edited in the list."""
    return next(
        (n for n in resource.inline if resource.model_field(n).__class__ in (models.CharField, models.TextField) and not resource.model_field(n).choices), None
    )  # type: ignore[union-attr]


@every
def test_the_stranger_is_refused(resource: Resource, house: House, inside: Any) -> None:
    with inside():
        row = house.make(resource)
    paths = [
        f"/w/{resource.key}/",
        f"/w/{resource.key}/new/",
        f"/w/{resource.key}/{row.pk}/",
        f"/w/{resource.key}/{row.pk}/edit/",
        f"/w/{resource.key}/export.csv",
    ]
    for path in paths:
        assert Client().get(path).status_code == 302, path
    other = logged_in(house, house.stranger)
    for path in (f"/w/{resource.key}/{row.pk}/", f"/w/{resource.key}/{row.pk}/edit/", f"/w/{resource.key}/{row.pk}/delete/"):
        assert other.get(path).status_code == 404, path
    assert other.post(f"/w/{resource.key}/{row.pk}/delete/").status_code == 404
    viewer = logged_in(house, house.viewer)
    assert viewer.get(f"/w/{resource.key}/{row.pk}/").status_code == (403 if resource.is_reserved else 200)
    for path in (f"/w/{resource.key}/{row.pk}/edit/", f"/w/{resource.key}/{row.pk}/delete/", f"/w/{resource.key}/new/", f"/w/{resource.key}/import/"):
        assert viewer.get(path).status_code == 403, path
    with inside():
        assert resource.model.objects.filter(pk=row.pk).exists()


@every
def test_pages_list_create_change_and_delete(resource: Resource, house: House, inside: Any) -> None:
    client = logged_in(house, house.owner)
    with inside():
        data = posted(house, resource)
        before = resource.model.objects.count()
    answer = client.post(f"/w/{resource.key}/new/", data)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    with inside():
        assert resource.model.objects.count() == before + 1
        row = resource.model.objects.order_by("-pk").first()
        name = resource.name_of(row)
    page = client.get(f"/w/{resource.key}/")
    assert page.status_code == 200 and f"/w/{resource.key}/{row.pk}/" in page.content.decode()
    assert client.get(f"/w/{resource.key}/{row.pk}/").status_code == 200
    edit = client.get(f"/w/{resource.key}/{row.pk}/edit/")
    assert edit.status_code == 200, name
    if (field := text_field(resource)) is not None:
        changed = client.post(f"/w/{resource.key}/{row.pk}/cell/{field}/", {field: "改过的内容", "version": row.version})
        assert changed.status_code == 200 and "改过的内容" in changed.content.decode()
        stale = client.post(f"/w/{resource.key}/{row.pk}/cell/{field}/", {field: "又一次", "version": row.version})
        assert stale.status_code == 422, "an edit on an old version is refused"
        assert "改过的内容" in client.get(f"/w/{resource.key}/{row.pk}/").content.decode()
    assert client.post(f"/w/{resource.key}/{row.pk}/delete/").status_code == 302
    with inside():
        assert not resource.model.objects.filter(pk=row.pk).exists()
    client.post("/undo/", {"next": f"/w/{resource.key}/"})
    with inside():
        assert resource.model.objects.filter(pk=row.pk).exists(), "deleting can be undone"


@every
def test_search_sort_and_filters_work(resource: Resource, house: House, inside: Any) -> None:
    client = logged_in(house, house.owner)
    with inside():
        row = house.make(resource)
    for column in resource.columns:
        assert client.get(f"/w/{resource.key}/?sort=-{column}").status_code == 200, column
    for name in resource.filters:
        assert client.get(f"/w/{resource.key}/?{name}=x1").status_code == 200, name
    assert f"/w/{resource.key}/{row.pk}/" not in client.get(f"/w/{resource.key}/?q=不可能有的词").content.decode()


@every
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_imports_unchanged(resource: Resource, kind: str, house: House, inside: Any) -> None:
    with inside():
        rows = [house.make(resource) for _ in range(3)]
        query = resource.rows(house.access).filter(pk__in=[r.pk for r in rows])
        names = exchange.fields_told(resource, house.access)
        content = b"".join(exchange.export_csv(resource, query, names)) if kind == "csv" else exchange.export_xlsx(resource, query, names)
        report = exchange.dry_run(resource, exchange.read_sheet(content, f"x.{kind}"), house.access)
        assert report.unknown == ()
        assert [(r.action, r.errors, r.changes) for r in report.rows] == [("unchanged", {}, {})] * 3


@every
def test_history_notes_who_and_why(resource: Resource, house: House, inside: Any) -> None:
    with inside():
        row = house.make(resource)
        line = History.objects.filter(resource=resource.key, object_id=row.pk, action="I").get()
        assert line.actor_id == house.owner.pk and line.after
        commands.remove(resource, resource.model.objects.get(pk=row.pk), house.access)
        assert History.objects.filter(resource=resource.key, object_id=row.pk, action="D").exists()


@every
def test_the_query_budget_does_not_grow_with_rows(resource: Resource, house: House, inside: Any) -> None:
    client = logged_in(house, house.owner)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(f"/w/{resource.key}/?size=100").status_code == 200
        return len(seen)

    with inside():
        first = house.make(resource)
        for _ in range(9):
            house.make(resource)
    client.get(f"/w/{resource.key}/")
    few = queries()
    with inside():
        if not clone(resource, first, 990):
            return
    many = queries()
    assert many <= few, f"{few} queries with 10 rows, {many} with 1,000"
    assert few <= 30, f"{few} queries"


def clone(resource: Resource, row: Any, count: int) -> bool:
    """Many copies of a row, past the verbs; False when its keys cannot be multiplied."""
    copies = []
    key = resource.natural_key[-1]
    found = resource.model_field(key)
    if not isinstance(found, models.CharField):
        return False
    if any(isinstance(each, models.UniqueConstraint) and each.condition is None and key not in each.fields for each in resource.model._meta.constraints):
        return False
    for number in range(count):
        copy = (
            resource.model.objects.get(pk=row.pk)
            if number == 0
            else resource.model(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname != "id"})
        )
        copy.pk = None
        copy._state.adding = True
        setattr(copy, key, f"K-{number}")
        if hasattr(copy, "layer"):
            return False
        copies.append(copy)
    resource.model.objects.bulk_create(copies, batch_size=500)
    return True


@every
def test_rights_are_denied_by_default(resource: Resource, house: House, inside: Any) -> None:
    rights = access_of(house.stranger, house.tenant)
    with inside():
        row = house.make(resource)
        assert not resource.rows(rights).filter(pk=row.pk).exists()
        assert not any(rights.allows(permission) for permission in resource.permissions)


@every
def test_many_at_once_obey_the_rules_of_one(resource: Resource, house: House, inside: Any) -> None:
    names = [n for n in resource.fields if n not in {each.name for each in resource.children}]
    with inside():
        single = house.make(resource)
        values = {n: v.pk if isinstance(v, models.Model) else v for n, v in house.values(resource, 77).items() if n in names}
        refused, made, again = commands.save_many(resource, [(None, {**values, "no_such_field": 1}), (None, values), (None, values)], house.access)
        assert isinstance(refused, ValidationError)
        kept = made if not isinstance(made, ValidationError) else again
        assert not isinstance(kept, ValidationError), kept
        row = resource.model.objects.get(pk=kept.pk)
        identity = {resource.natural_key[-1], *(n for n in names if isinstance(resource.model_field(n), models.ForeignKey))}
        told_apart = {n for n in names if getattr(row, n) != getattr(single, n)} - identity
        assert told_apart <= {"name", "position", "title", "code", "number", "photo"}, told_apart
        if unique(resource):
            assert isinstance(again, ValidationError) or isinstance(made, ValidationError), "the same natural key was taken twice"
        changed = commands.save_many(resource, [(row, {})], house.access)
        assert changed[0].pk == row.pk and resource.model.objects.get(pk=row.pk).version == changed[0].version
        assert History.objects.filter(resource=resource.key, object_id=row.pk, action="I").count() == 1


def unique(resource: Resource) -> bool:
    """Whether the database itself keeps the natural key from being used twice."""
    key = {n.split("__")[0] for n in resource.natural_key}
    return any(isinstance(c, models.UniqueConstraint) and set(c.fields) <= key | {"tenant", "project"} for c in resource.model._meta.constraints)
