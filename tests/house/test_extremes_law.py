"""The law of extremes: whatever is written into whatever field, by a form, by a program or past all checks by SQL, no page and no answer is a failure of ours.

Sampled and seeded: `EXTREMES_SEED` repeats a run, `EXTREMES_SHARE=1` takes every field and value (`make laws-long`).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.db.utils import Error as DatabaseError
from django.test import Client

from jingwei.frame import guards, scope
from jingwei.frame.models import ApiToken, Project, Tenant
from jingwei.frame.postgres.base import as_owner
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
every = list(resources())
seed = int(os.environ.get("EXTREMES_SEED", "20261128"))
share = float(os.environ.get("EXTREMES_SHARE", "0.2"))
pairs_at_most, columns_at_most = 25, 25

texts = [
    "\0",
    "a\0b",
    "\ud800",
    "²",
    "１２",
    "",
    " ",
    "'; DROP TABLE x; --",
    "a\x01\x0b\x1f\ufffe",
    "<script>alert(1)</script>",
    "\u202eabc",
    "𠮷" * 50,
    "x" * 5000,
    "-",
    "#²",
    "#99999999999999999999",
    "{{ 7*7 }}",
]
numbers = ["NaN", "Infinity", "-Infinity", "1e999", "1e-999", "²", "１２", "-1", "0", str(2**31), str(2**63), "9" * 400, "0x10", "1_000", ""]
days = ["0001-01-01", "9999-12-31", "1969-12-31", "2201-01-01", "2200-12-31", "1970-01-01", "10000-01-01", "-4000-01-01", "2026-02-30", "infinity", "²"]
moments = [*(f"{day}T00:00" for day in days), "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-11-28T25:00"]
objects = ["[" * 200 + "]" * 200, '{"a": NaN}', '"\\u0000"', '"\\ud800"', "null", "[]", "1e999", "{", '{"0": [[0, 99999]]}', "x" * 2_000_000]
zones = ["Mars/Olympus", "../etc/passwd", "", "utc", "localtime", "Asia/Shanghai\0"]
past_sql: tuple[tuple[type[models.Field[Any, Any]], tuple[str, ...]], ...] = (
    (models.DateTimeField, ("0001-01-01 00:00+00", "9999-12-31 23:59:59+00", "infinity", "-infinity", "4000-01-01 00:00 BC", "20000-01-01 00:00+00")),
    (models.DateField, ("0001-01-01", "9999-12-31", "infinity", "-infinity", "20000-01-01")),
    (models.DecimalField, ("NaN",)),
    (models.PositiveSmallIntegerField, ("32767",)),
    (models.IntegerField, ("2147483647", "-2147483648")),
)


def extremes(field: models.Field[Any, Any]) -> list[str]:
    """What is written into a field."""
    kinds: tuple[tuple[type[Any], list[str]], ...] = (
        (models.DateTimeField, moments), (models.DateField, days), (models.JSONField, objects), (models.DecimalField, numbers), (models.FloatField, numbers),
        (models.IntegerField, numbers), (models.ForeignKey, texts + numbers),
    )  # fmt: skip
    return zones if field.name == "zone" else next((values for kind, values in kinds if isinstance(field, kind)), texts)


def sampled(values: list[Any], mark: str) -> list[Any]:
    """A share of them, the same in every run with the same seed."""
    chance = random.Random(f"{seed}:{mark}")
    return [value for value in values if chance.random() < share] or [chance.choice(values)]


@pytest.fixture(scope="module")
def unchecked(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database without the checks of our declarations, as it stood before there were any; they are put up again behind."""
    with django_db_blocker.unblock(), as_owner():
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'jw\\_%'")
            for table, name in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        connection.close()
    yield
    with django_db_blocker.unblock(), as_owner():
        connection.close()
        guards.put_up()
        connection.close()


class Walk:
    """A person and a program with all rights, who look at everything that shows a row."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.person, self.program = Client(raise_request_exception=False), Client(raise_request_exception=False)
        self.person.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        self.headers = {"Authorization": f"Bearer {ApiToken.issue(tenant=house.tenant, user=house.owner, name='extremes')[1]}"}
        self.failed: list[tuple[str, int, str]] = []
        self.asked = 0

    def look(self, method: str, address: str, client: Client | None = None, **options: Any) -> Any:
        """One request; a failure of ours is noted."""
        self.asked += 1
        with transaction.atomic():
            answer = getattr(client or self.person, method)(address, **options)
            if connection.needs_rollback:
                transaction.set_rollback(True)
        if answer.status_code >= 500:
            self.failed.append((f"{method} {address}", answer.status_code, str(options)[:160]))
        if answer.streaming:
            list(answer.streaming_content)
        return answer

    def look_at(self, resource: Resource, pk: int) -> None:
        """Every page and answer of one row."""
        stem, api = f"/w/{resource.key}", f"/api/v1/{resource.key}"
        for address in (
            f"{stem}/",
            f"{stem}/{pk}/",
            f"{stem}/{pk}/edit/",
            f"{stem}/{pk}/delete/",
            f"{stem}/export.csv",
            f"{stem}/export.xlsx",
            f"/pick/{resource.key}/?q=a",
        ):
            self.look("get", address)
        for address in (f"{api}/", f"{api}/{pk}", f"{api}/{pk}/history"):
            self.look("get", address, self.program, headers=self.headers)
        name = "".join(part.title() if n else part for n, part in enumerate(resource.key.replace("_", ".").split(".")))
        query = f"{{ {name}List {{ count items {{ {' '.join(columns(resource))} }} }} }}"
        self.look("post", "/graphql", self.program, data={"query": query}, content_type="application/json", headers=self.headers)

    def look_around(self, code: str) -> None:
        """Every page that stands on the whole project."""
        for address in (
            "/", "/portfolio/", f"/projects/{code}/", f"/projects/{code}/risk/", f"/schedule/gantt/{code}/", f"/schedule/gantt/{code}/data/", f"/schedule/network/{code}/",
            f"/schedule/reasons/{code}/", f"/schedule/quality/{code}/", f"/schedule/levelling/{code}/", f"/schedule/what-if/{code}/", f"/schedule/files/{code}/",
            f"/schedule/files/{code}/export.xml", f"/schedule/gantt/{code}/print/", f"/changes/{code}/", f"/risks/{code}/", f"/cost/earned-value/{code}/",
            "/work/board/", "/worktime/", "/labour/phone/", "/hub/", "/hub/monitor/", "/hub/conflicts/", "/search/?q=a", "/notices/", "/running/",
        ):  # fmt: skip
            self.look("get", address)


def columns(resource: Resource) -> list[str]:
    """GraphQL names of what is told of a row."""
    from jingwei.frame.records.told import told

    def camel(name: str) -> str:
        head, *rest = name.split("_")
        return head + "".join(part.title() for part in rest)

    return ["id", "version", "naturalKey", *(camel(field.name) for field in told(resource))][:40]


def everything(house: House) -> dict[str, Any]:
    """One row of every resource, in the tenant's scope."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        return {resource.key: house.make(resource) for resource in every if resource.model is not Project} | {"frame.project": house.project}


@pytest.mark.parametrize("resource", every, ids=lambda r: r.key)
def test_extremes_from_outside_are_taken_or_refused_and_never_a_failure(resource: Resource, house: House) -> None:
    """Given a row, when extremes are sent by form, cell, REST and GraphQL, then each is taken or refused in words, and all pages stand."""
    row = house.project if resource.model is Project else everything(house)[resource.key]
    walk, written = Walk(house), False
    api, stem = f"/api/v1/{resource.key}", f"/w/{resource.key}"
    for name, value in pairs(resource):
        answer = walk.look("patch", f"{api}/{row.pk}", walk.program, data={name: value}, content_type="application/json", headers=walk.headers)
        if answer.status_code == 422:
            assert answer.json()["errors"][0]["message"], (name, value)
        written |= answer.status_code == 200
        shown = value.encode("utf-8", "ignore").decode()
        walk.look("post", f"{stem}/{row.pk}/edit/", data={name: shown})
        walk.look(
            "get",
            f"{stem}/",
            data={name: shown, f"{name}_from": shown, f"{name}_to": shown, "sort": shown[:50], "page": shown[:50], "size": shown[:50], "q": shown[:300]},
        )
        walk.look("get", f"{api}/", walk.program, data={name: shown, "page": shown[:50], "size": shown[:50], "q": shown[:300]}, headers=walk.headers)
        if name in resource.inline:
            walk.look("post", f"{stem}/{row.pk}/cell/{name}/", data={name: shown})
    for key in sampled(texts + numbers, resource.key):
        walk.look("get", f"{api}/{key.encode('utf-8', 'ignore').decode() or '-'}", walk.program, headers=walk.headers)
        walk.look("post", f"{stem}/bulk/", data={"pk": key.encode("utf-8", "ignore").decode(), "action": "delete:²", "query": "²"})
    walk.look_at(resource, row.pk)
    if written:
        walk.look_around(house.project.code)
    assert not walk.failed, walk.failed[:5]


def pairs(resource: Resource) -> list[tuple[str, str]]:
    """Fields with what is written into them: everything, or a few of all."""
    fields = [(name, field) for name in resource.plain_fields if (field := resource.model_field(name)) is not None and not isinstance(field, models.FileField)]
    found = [(name, value) for name, field in fields for value in extremes(field)]
    return found if share >= 1 else random.Random(f"{seed}:{resource.key}").sample(found, min(len(found), pairs_at_most))


def columns_past_checks() -> list[tuple[str, str, str]]:
    """(table, column, value) of everything that SQL can put into a declared row, and the zones."""
    out = [("frame_project", "zone", "Mars/Olympus"), ("frame_tenant", "zone", "Mars/Olympus")]
    for resource in every:
        for field in resource.model._meta.local_concrete_fields:
            values = next((values for kind, values in past_sql if isinstance(field, kind)), ())
            if field.name not in ("version", "id") and not isinstance(field, models.ForeignKey | models.AutoField):
                out += [(resource.key, field.name, value) for value in values]
    return out


def test_what_stands_there_already_bricks_no_page(unchecked: None, house: House) -> None:
    """Given values that SQL put past all checks, one at a time, when every page is opened, then none fails."""
    rows = everything(house)
    walk = Walk(house)
    chosen = sampled(columns_past_checks(), "sql") if share < 1 else columns_past_checks()
    chosen = [("frame_project", "zone", "Mars/Olympus"), *chosen]
    if share < 1:
        chosen = random.Random(seed).sample(chosen, columns_at_most)
    problems: dict[tuple[str, str, str], list[Any]] = {}
    put = 0
    for place, column, value in chosen:
        resource = next((each for each in every if each.key == place), None)
        row = rows.get(place) or (house.project if place == "frame_project" else house.tenant)
        with transaction.atomic():
            if _put(row, column, value):
                put += 1
                walk.failed.clear()
                if resource is not None:
                    walk.look_at(resource, row.pk)
                walk.look_around(house.project.code)
                if walk.failed:
                    problems[place, column, value] = list(walk.failed)
            transaction.set_rollback(True)
    assert not problems, problems
    assert put > len(chosen) // 3, "most of it gets past the tables' own checks"


def _put(row: Any, column: str, value: str) -> bool:
    table = row._meta.db_table
    stored = row._meta.get_field(column).column
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jingwei.tenant', %s, false)", (str(row.pk if isinstance(row, Tenant) else row.tenant_id),))
            cursor.execute(f'UPDATE "{table}" SET "{stored}" = %s WHERE id = %s', (value, row.pk))
    except DatabaseError:
        return False  # a check of the table itself keeps it out
    return True


@pytest.mark.parametrize(("constraint", "day"), [("SNET", "2199-12-31"), ("FNLT", "1970-01-01")])
def test_a_plan_at_either_end_of_the_calendar_bricks_no_page(house: House, constraint: str, day: str) -> None:
    walk = Walk(house)
    values = {"project": house.project.pk, "name": "边界", "constraint": constraint, "constraint_at": f"{day}T00:00:00Z"}
    made = walk.look("post", "/api/v1/work.task/", walk.program, data=values, content_type="application/json", headers=walk.headers)
    assert made.status_code == 201, made.content
    for address in ("schedule.quality", "boards.risk", "cost.earned-value"):
        walk.look("get", f"/api/v1/reports/{address}/{house.project.code}", walk.program, headers=walk.headers)
    walk.look_around(house.project.code)
    assert not walk.failed, walk.failed


def test_an_unknown_zone_shows_in_utc_with_a_notice(unchecked: None, house: House) -> None:
    assert _put(house.project, "zone", "Mars/Olympus")
    walk = Walk(house)
    page = walk.look("get", f"/projects/{house.project.code}/", headers={"Accept-Language": "en"}).text
    assert "shown in UTC" in page
    assert not walk.failed
    with scope.within(scope.Scope(house.tenant.pk)):
        found = Project.objects.get(pk=house.project.pk)
        found.name = "another"
        found.save()
        stored = Project.objects.extra(select={"stored": "zone || ''"}).get(pk=found.pk)
    assert stored.stored == "Mars/Olympus", "what nobody changed stays"


@pytest.mark.parametrize("period", ["２０２６-11", "0000-01", "2026-13", "9999-12", "", "x"])
def test_a_period_of_before_that_is_no_month_bricks_no_page(period: str, unchecked: None, house: House) -> None:
    """Given a line in another currency whose period is no month, when the pages of its project are opened, then they stand and it is told as left out."""
    lines = next(each for each in every if each.key == "cost.line")
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        line = commands.create(lines, {"project": house.project.pk, **lines.example(), "posted_on": None, "currency": "USD"}, house.access)
    assert _put(line, "period", period)
    walk = Walk(house)
    walk.look_around(house.project.code)
    walk.look_at(lines, line.pk)
    assert not walk.failed, walk.failed
    assert "USD" in walk.look("get", f"/projects/{house.project.code}/").text
