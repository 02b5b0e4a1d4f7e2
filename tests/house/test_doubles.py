"""A key, code or name is there once, in any case; and who may not see the row that has it is not told that it is there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, models, transaction
from django.test import Client
from django.utils import translation

from jingwei.domains.work.models import Task
from jingwei.frame import guards, scope
from jingwei.frame.api.graphql import schema
from jingwei.frame.models import Membership, Project, Role, Tenant, User
from jingwei.frame.postgres.base import as_owner
from jingwei.frame.records import commands, doubles, exchange, undo
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of, system_access
from jingwei.hub.models import System
from tests.house.conftest import House
from tests.house.half import member

pytestmark = pytest.mark.django_db
keyed = [each for each in resources() if doubles.typed_key(each) is not None]
named = {"ids": lambda each: each.key, "argvalues": keyed, "argnames": "kind"}
known = "There is one with"
vague = "perhaps by something you may not see"


def client_of(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def blind(house: House, kind: Resource) -> User:
    """Somebody who may add and import such rows anywhere, and see none of them; what they refer to he may see."""
    user = User.objects.create_user("blind", language="en")
    others = [each.permission("view") for each in resources() if each is not kind]
    grants = [kind.permission("add"), kind.permission("import"), *others]
    Membership.objects.create(tenant=house.tenant, user=user, role=Role.objects.create(tenant=house.tenant, key="blind", name="blind", grants=grants))
    return user


def doubled(house: House, kind: Resource, swap: bool) -> dict[str, Any]:
    """The values of a row that is there, perhaps with its key in another case."""
    row = house.make(kind)
    name, _within = doubles.typed_key(kind)  # type: ignore[misc]
    values = house.values(kind, house.made[kind.key])
    for each in kind.fields:
        if isinstance(kind.model_field(each), models.ForeignKey):
            values[each] = getattr(row, f"{each}_id")
    values = {key: value for key, value in values.items() if value is not None and (kind.life is None or key != kind.life.field)}
    key = getattr(row, name)
    return values | {name: key.swapcase() if swap else key}


def plain(values: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(values, default=str))  # type: ignore[no-any-return]


def answers(user: User, kind: Resource, values: dict[str, Any]) -> dict[str, str]:
    """What somebody who adds such a row is told, by every way."""
    client, told = client_of(user), {}
    told["rest"] = client.post(f"/api/v1/{kind.key}/", plain(values), content_type="application/json").content.decode()
    field = next(f for f in graphql_fields() if f.lower() == f"create{kind.key.replace('.', '')}")
    query = {"query": f"mutation($v: JSON!) {{ {field}(values: $v) {{ id }} }}", "variables": {"v": plain(values)}}
    told["graphql"] = client.post("/graphql", query, content_type="application/json").content.decode()
    posted = {name: f"#{value}" if kind.target(name) is not None else value for name, value in plain(values).items()}
    told["page"] = client.post(f"/w/{kind.key}/new/", posted).content.decode()
    return told


def graphql_fields() -> list[str]:
    return list(schema._schema.mutation_type.fields)  # type: ignore[union-attr]


@pytest.mark.parametrize("swap", [False, True], ids=["same", "case"])
@pytest.mark.parametrize(**named)
def test_who_may_not_see_a_row_is_not_told_that_its_key_is_there(house: House, inside: Callable[[], Any], kind: Resource, swap: bool) -> None:
    """Given somebody who may add such rows and sees none, when he adds a double, then by every way he hears the same sentence as of anything hidden; and an administrator hears which one."""
    with inside():
        values, user = doubled(house, kind, swap), blind(house, kind)
        count = kind.model.objects.count()
        for way, text in answers(user, kind, values).items():
            assert vague in text and known not in text and "already exists" not in text, f"{kind.key} by {way}: {text[-600:]}"
        for access, sentence in ((access_of(user, house.tenant), vague), (house.access, known)):
            with translation.override("en"), pytest.raises(ValidationError) as problem:
                commands.create(kind, values, access)
            with translation.override("en"):  # told in the language of whoever reads it
                assert sentence in " ".join(problem.value.messages), f"{kind.key}: {problem.value.messages}"
            with translation.override("zh-hans"):
                assert "请换一个" in " ".join(problem.value.messages), f"{kind.key}: {problem.value.messages}"
            headers = tuple(values)
            text = {
                n: "" if v is None else kind.target(n).name_of(kind.target(n).model.objects.get(pk=v)) if kind.target(n) else str(v)
                for n, v in plain(values).items()
            }  # type: ignore[union-attr]
            with translation.override("en"):
                report = exchange.dry_run(kind, exchange.Sheet(headers, [text]), access)
            assert sentence == vague or report.rows[0].action in ("error", "unchanged", "update")
            assert known not in str(report.rows[0].errors) or access is house.access
        assert kind.model.objects.count() == count


@pytest.mark.parametrize(**named)
def test_a_key_is_there_once_in_any_case(house: House, inside: Callable[[], Any], kind: Resource) -> None:
    """Given a row, when one with its key in another case is made singly, together with others or by the database, then it is refused; the row itself may change its case."""
    name, _within = doubles.typed_key(kind)  # type: ignore[misc]
    with inside():
        values = doubled(house, kind, True)
        with pytest.raises(ValidationError):
            commands.create(kind, values, house.access)
        fresh = values | {name: f"{values[name]}-x"}
        twice = [(None, fresh), (None, fresh | {name: fresh[name].swapcase()})]
        [refused] = commands.save_many(kind, [(None, values)], house.access)
        assert isinstance(refused, ValidationError), f"{kind.key}: {refused!r}"
        if kind.key not in ("worktime.calendar", "cost.package"):  # of one layer, and of one task, there is one anyway
            made, refused = commands.save_many(kind, twice, house.access)
            assert not isinstance(made, ValidationError) and isinstance(refused, ValidationError), f"{kind.key}: {made!r} {refused!r}"
        row = kind.model.objects.get(**{name: values[name].swapcase()})
        if name in kind.plain_fields:
            commands.change(kind, row, {name: values[name]}, house.access)
            assert kind.model.objects.filter(**{name: values[name]}).count() == 1
        kept = getattr(kind.model.objects.get(pk=row.pk), name)
        double = kind.model.objects.get(pk=row.pk)
        double.pk, double._state.adding = None, True
        setattr(double, name, kept.swapcase())
        with pytest.raises(IntegrityError), transaction.atomic():
            models.Model.save(double)


@pytest.fixture
def owners() -> Iterator[Any]:
    """The tables' owner in a transaction of his own, used by everything in the test and taken back."""
    with as_owner():
        owner = connection.copy()
        owner.ensure_connection()
    before = connections["default"]
    owner.set_autocommit(False)
    connections["default"] = owner
    yield owner
    connections["default"] = before
    owner.rollback()
    owner.close()


def test_an_upgrade_keeps_what_has_both_and_lets_no_third_in(owners: Any) -> None:
    """Given keys of before that differ in their case only, when the walls are put up, then nothing fails and nothing is renamed; both stay usable; one more
    is refused; and once one is renamed, the database holds it again."""
    [statement] = [each for each in guards.keys_once() if "hub_system" in each]
    systems, tenant = resource("hub.system"), Tenant.objects.create(code="both", name="B")
    access = system_access(tenant.pk)

    def put_up() -> bool:
        """Whether the index is there afterwards."""
        with owners.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("SELECT to_regclass('public.jw_once_hub_system_key') IS NOT NULL")
            return bool(cursor.fetchone()[0])

    with scope.within(scope.Scope(tenant.pk)):
        with owners.cursor() as cursor:
            cursor.execute("DROP INDEX jw_once_hub_system_key")
        for key in ("MES", "mes"):
            System(key=key, name=key, connector="local").save()
        assert not put_up()
        row = System.objects.get(key="mes")
        commands.change(systems, row, {"name": "renamed", "key": "mes"}, access)
        with pytest.raises(ValidationError):
            commands.create(systems, {"key": "Mes", "name": "x", "connector": "local"}, access)
        assert guards.keys_twice() == {"hub_system": ["MES", "mes"]}, "the doctor names them"
        commands.change(systems, System.objects.get(key="mes"), {"key": "mes-2"}, access)
        assert guards.keys_twice() == {"hub_system": []}, "and then that the database does not hold it yet"
        with owners.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert put_up() and put_up() and guards.keys_twice() == {}


def test_the_wizard_tells_of_no_system_that_one_may_not_see(house: House, inside: Callable[[], Any]) -> None:
    """Given a system of another project, when an administrator of one project registers its key, in whatever way, then he hears no more than that it cannot be had."""
    with inside():
        other = Project(code="P2", name="B", start_on=house.project.start_on)
        other.save()
        System(key="mes", name="MES of P2", connector="sandbox.mes", project=other).save()
        client = client_of(member(house, "lead", "owner", house.project))
        assert client.get("/api/v1/hub.system/mes").status_code == 404
        for key in ("mes", "MES"):
            values = {"key": key, "name": "x", "connector": "local", "project": house.project.pk}
            answer = client.post("/api/v1/hub.system/", values, content_type="application/json")
            assert answer.status_code == 422 and vague in answer.text
            for connector in ("local", "sandbox.mes"):
                answer = client.post(
                    f"/hub/wizard/?connector={connector}", {"key": key, "connector": connector, "project": "P1", "base_url": "http://127.0.0.1:1"}
                )
                assert vague in answer.text and "another system" not in answer.text, answer.text[-3000:]


def test_undo_brings_back_nothing_whose_key_is_taken_in_another_case_and_all_the_rest(house: House, inside: Callable[[], Any]) -> None:
    teams = resource("directory.team")
    with inside():
        first, second = (commands.create(teams, {"name": name, "code": name, "kind": "internal"}, house.access) for name in ("C-90", "C-91"))
        with scope.because(reason="delete", trace="gone"):
            commands.remove(teams, first, house.access)
            commands.remove(teams, second, house.access)
        commands.create(teams, {"name": "new", "code": "c-90", "kind": "internal"}, house.access)
        (left,) = undo.undo("gone", house.access)
        assert "c-90" in left and str(first.pk) in left
        assert sorted(teams.model.objects.filter(code__istartswith="c-9").values_list("code", flat=True)) == ["C-91", "c-90"]


def test_a_task_comes_back_under_a_number_of_its_own_when_its_code_is_taken_in_another_case(house: House, inside: Callable[[], Any]) -> None:
    tasks = resource("work.task")
    with inside():
        gone = commands.create(tasks, {"project": house.project.pk, "name": "gone", "code": "T-90"}, house.access)
        with scope.because(reason="delete", trace="gone"):
            commands.remove(tasks, gone, house.access)
        commands.create(tasks, {"project": house.project.pk, "name": "new", "code": "t-90"}, house.access)
        assert undo.undo("gone", house.access) == []
        codes = dict(Task.objects.values_list("name", "code"))
    assert codes["new"] == "t-90" and codes["gone"].casefold() not in ("", "t-90")


def test_a_double_is_named_by_something_that_can_be_read(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        other = Project(code="P2", name="B", start_on=house.project.start_on)
        other.save()
        commands.create(resource("work.task"), {"project": other.pk, "name": "a", "code": "T-93"}, house.access)
        moved = commands.create(resource("work.task"), {"project": house.project.pk, "name": "b", "code": "t-93"}, house.access)
        with pytest.raises(ValidationError) as caught:
            commands.change(resource("work.task"), moved, {"project": other.pk}, house.access)
    assert "T-93" in str(caught.value) and "P2”" not in str(caught.value)


@pytest.mark.parametrize("kind", [each for each in resources() if each.natural_key], ids=lambda each: each.key)
def test_a_row_whose_key_is_emptied_comes_back_from_its_export_as_itself(house: House, inside: Callable[[], Any], kind: Resource) -> None:
    """Given a row, when a part of its key is emptied, singly or among many, then that is refused, or what is imported of its own export changes nothing."""
    ways: list[Callable[[Any, str], Any]] = [
        lambda row, name: commands.change(kind, row, {name: ""}, house.access),
        lambda row, name: commands.save_many(kind, [(row, {name: ""})], house.access),
    ]
    with inside():
        pk = house.make(kind).pk
        for name in {path.split("__")[0] for path in kind.natural_key}.intersection(kind.fields):
            for empty in ways:
                with contextlib.suppress(ValidationError):
                    empty(kind.model.objects.get(pk=pk), name)
                assert getattr(kind.model.objects.get(pk=pk), name) != "", f"{kind.key} {name}"
                text = b"".join(exchange.export_csv(kind, kind.rows(house.access).filter(pk=pk), exchange.fields_of(kind)))
                report = exchange.dry_run(kind, exchange.read_sheet(text, "x.csv", kind), house.access)
                assert [row.action for row in report.rows] == ["unchanged"], f"{kind.key} {name}: {report.rows}"
