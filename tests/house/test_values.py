"""Values from outside: each is refused at its field with what to do, in both languages, and the database's own checks keep out what comes by SQL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.utils import Error as DatabaseError
from django.test import Client

from jingwei.frame import guards, scope
from jingwei.frame.carried import talk
from jingwei.frame.models import ApiToken, Project
from jingwei.frame.records import commands, exchange
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House
from tests.house.test_doubles import graphql_fields

pytestmark = pytest.mark.django_db
odd: list[tuple[str, Any, str, str]] = [
    ("data_date", "0001-01-01T00:00", "1970", "年份"), ("data_date", "9999-12-31T23:59:59-12:00", "2200", "年份"), ("start_on", "9999-12-31", "2200", "年份"),
    ("start_on", "1969-12-31", "1970", "年份"), ("zone", "Mars/Olympus", "Asia/Shanghai", "时区"), ("zone", "../etc/passwd", "UTC", "时区"), ("name", "a\0b", "NUL", "NUL"),
    ("name", "a\ud800b", "surrogate", "代理"), ("description", "x" * 200_001, "200000", "200000"), ("manager", "²", "“²”", "“²”"),
]  # fmt: skip


def token_of(house: House, who: Any, tenant: Any = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiToken.issue(tenant=tenant or house.tenant, user=who, name='v')[1]}"}


def test_a_stranger_and_a_viewer_learn_nothing_of_the_rules(house: House) -> None:
    for who, tenant in ((house.viewer, house.tenant), (house.stranger, house.other)):
        answer = Client().patch(
            f"/api/v1/frame.project/{house.project.pk}", {"start_on": "9999-12-31"}, content_type="application/json", headers=token_of(house, who, tenant)
        )
        assert answer.status_code in (403, 404)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("name", "value", "en", "zh"), odd, ids=[f"{n}-{i}" for i, (n, *_rest) in enumerate(odd)])
def test_an_impossible_value_is_refused_at_its_field_with_what_to_do(name: str, value: Any, en: str, zh: str, language: str, house: House) -> None:
    headers = token_of(house, house.owner) | {"Accept-Language": language}
    answer = Client().patch(f"/api/v1/frame.project/{house.project.pk}", json.dumps({name: value}), content_type="application/json", headers=headers)
    assert answer.status_code == 422, answer.content[:300]
    (problem,) = answer.json()["errors"]
    assert problem["field"] == name and (en if language == "en" else zh) in problem["message"], problem
    with scope.within(scope.Scope(house.tenant.pk)):
        assert Project.objects.get(pk=house.project.pk).version == house.project.version


def test_a_sheet_and_many_at_once_meet_the_same_rules(house: House) -> None:
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        projects = resource("frame.project")
        sheet = exchange.read_sheet(b"code,name,start_on,zone\nP7,x,9999-12-31,Mars/Olympus\n", "x.csv")
        report = exchange.dry_run(projects, sheet, house.access)
        assert set(report.rows[0].errors) == {"start_on", "zone"}
        (refused,) = commands.save_many(projects, [(house.project, {"data_date": "0001-01-01T00:00", "zone": "x"})], house.access)
        assert set(refused.message_dict) == {"data_date", "zone"}


def test_numbers_of_an_address_that_are_none_are_no_failure(house: House) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    for odd_number in ("²", "１２", "-1", "9" * 40, "1e3", "x"):
        for address in ("/w/work.task/?page={0}&size={0}&project={0}&sort={0}&start_from={0}", "/worktime/?year={0}&exception={0}&day=2026-02-30", "/labour/phone/new/?project={0}",
                        "/schedule/levelling/P1/?work={0}", "/schedule/network/P1/?closed={0}", "/projects/P1/?since={0}", "/projects/P1/risk/?runs={0}", "/risks/P1/?cell={0}-{0}",
                        "/w/work.task/import/?work={0}", "/hub/conflicts/?conflict={0}", "/w/work.task/{0}/", "/api/v1/work.task/{0}"):  # fmt: skip
            answer = client.get(address.format(odd_number))
            assert answer.status_code < 500, (address, odd_number)


def put(house: House, column: str, value: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jingwei.tenant', %s, false)", (str(house.tenant.pk),))
            cursor.execute(f'UPDATE frame_project SET "{column}" = %s WHERE id = %s', (value, house.project.pk))
    except DatabaseError:
        return False
    return True


def test_checks_of_the_database_keep_out_what_comes_by_sql(house: House) -> None:
    for column, value in (("start_on", "9999-12-31"), ("start_on", "infinity"), ("data_date", "0001-01-01 00:00+00"), ("zone", "Mars Olympus; --")):
        assert not put(house, column, value), column
    assert put(house, "start_on", "2200-12-31")


def test_every_declared_rule_is_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        there = {row[0] for row in cursor.fetchall()}
    wanted = {name for model in guards.walled_models() for name in guards.checks_of(model)}
    assert wanted and wanted <= there, wanted - there


may_be_negative = {("cost.line", "amount"): "a credit takes money back", ("work.dependency", "lag_minutes"): "a lead"}
amounts = [
    (each, name)
    for each in resources()
    for name in each.fields
    if isinstance(each.model_field(name), models.DecimalField | models.IntegerField) and (each.key, name) not in may_be_negative
]


@pytest.mark.parametrize(("kind", "name"), amounts, ids=lambda each: getattr(each, "key", each))
def test_no_amount_is_less_than_nothing(kind: Resource, name: str, house: House) -> None:
    """Given a field that counts or measures, when it is to be -1, then that is refused at it; where less than nothing has a meaning, that is said above."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        row = house.make(kind)
        for refused in (
            lambda: commands.change(kind, row, {name: "-1"}, house.access),
            lambda: raised(commands.save_many(kind, [(row, {name: "-1"})], house.access)),
        ):
            with pytest.raises(ValidationError) as problem:
                refused()
            assert name in problem.value.message_dict, problem.value


def raised(done: list[Any]) -> None:
    for each in done:
        if isinstance(each, ValidationError):
            raise each


@pytest.mark.parametrize("text", ["\u202e\u200b", "\u200b", "\ufeff \u2060", "\u3164", "\u2800", "\u00ad", "\u115f\uffa0"], ids=ascii)
def test_a_name_that_nobody_can_see_is_empty(text: str, house: House) -> None:
    """Given a text of invisible characters only, when it is to be a name, then it is refused as if it were empty; where none is needed it may stand."""
    projects = resource("frame.project")
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        for refused in (
            lambda: commands.change(projects, house.project, {"name": text}, house.access),
            lambda: raised(commands.save_many(projects, [(house.project, {"name": text})], house.access)),
        ):
            with pytest.raises(ValidationError) as problem:
                refused()
            assert "name" in problem.value.message_dict
        commands.change(projects, house.project, {"name": f"项目{text}", "description": text}, house.access)
        with pytest.raises(ValidationError):
            talk.say(resource("work.task"), house.make(resource("work.task")), text, access_of(house.owner, house.tenant))


def typed(kinds: tuple[type[Any], ...]) -> list[tuple[Resource, str]]:
    return [(kind, name) for kind in resources() for name in kind.plain_fields if isinstance(kind.model_field(name), kinds)]


def named(each: Any) -> str:
    return each.key if isinstance(each, Resource) else str(each)


def refusals(house: House, kind: Resource, row: Any, values: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """What a program is told that sends these values, by every way."""
    client, path = Client(headers=token_of(house, house.owner) | {"Accept-Language": "en"}), f"/api/v1/{kind.key}/{row.pk}"
    rest = client.patch(path, json.dumps(values), content_type="application/json")
    field = next(f for f in graphql_fields() if f.lower() == f"change{kind.key.replace('.', '')}")
    query = {"query": f"mutation($k: String!, $v: JSON!) {{ {field}(key: $k, values: $v) {{ id }} }}", "variables": {"k": str(row.pk), "v": values}}
    graphql = client.post("/graphql", json.dumps(query), content_type="application/json")
    assert rest.status_code == 422, rest.content[:300]
    return {"rest": rest.json()["errors"], "graphql": graphql.json().get("errors") or []}


@pytest.mark.parametrize(("kind", "name"), typed((models.DateField,)), ids=named)
def test_a_number_is_no_date(kind: Resource, name: str, house: House) -> None:
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        row = house.make(kind)
    for value in (0, 1e9, True, "0", "20260309", "nan"):
        for way, told in refusals(house, kind, row, {name: value}).items():
            assert "A number is no date" in json.dumps(told) and name in json.dumps(told), (way, value, told)


@pytest.mark.parametrize(("kind", "name"), typed((models.ForeignKey, models.IntegerField, models.DecimalField)), ids=named)
def test_a_yes_is_no_row_and_no_number(kind: Resource, name: str, house: House) -> None:
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        row = house.make(kind)
    for way, told in refusals(house, kind, row, {name: True}).items():
        assert "This takes no true or false" in json.dumps(told) and name in json.dumps(told), (way, told)


@pytest.mark.parametrize("kind", list(resources()), ids=named)
def test_what_a_row_belongs_to_is_told_by_name(kind: Resource, house: House) -> None:
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        row = house.make(kind)
    told = Client(headers=token_of(house, house.owner)).get(f"/api/v1/{kind.key}/{row.pk}").json()
    assert not [name for name in told if f"{name}_name" in told and told[name] is not None and told[f"{name}_name"] is None]
