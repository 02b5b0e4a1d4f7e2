"""The law of traces, over every one that is declared: who is told what by every way, and suspect is exactly “a print differs”."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Edge, History, Project, User
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import Access, access_of, system_access
from jingwei.frame.traces import Trace, edges, impact, traces
from jingwei.frame.traces.coverage import CoverageAsked
from jingwei.frame.traces.trace import is_suspect, registry, relations_of
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
declared = list(traces())
every = pytest.mark.parametrize("trace", declared, ids=[each.name for each in declared])
backend = "allauth.account.auth_backends.AuthenticationBackend"


def made(house: House, trace: Trace) -> tuple[Any, Any]:
    """A row for each end."""
    source, target = (house.make(end) for end in trace.ends)
    return source, target


def joined(house: House, trace: Trace, access: Access | None = None) -> tuple[Edge, Any, Any]:
    source, target = made(house, trace)
    return edges.join(trace, source, target, access or house.access), source, target


def told(trace: Trace, access: Access) -> list[int]:
    return list(trace.told(access).order_by("pk").values_list("pk", flat=True))


def at(row: Any) -> str:
    return f"/w/{row._meta.label_lower}/{row.pk}/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=backend)
    return client


def only_in(trace: Trace, project: Project) -> list[Any]:
    """Rows for both ends in this project."""
    owner = User.objects.get(username="owner")
    house = House(
        project.tenant, project.tenant, owner, owner, owner, project, system_access(project.tenant_id), {each.key: 1000 * project.pk for each in resources()}
    )
    return [house.make(end) for end in trace.ends]


@every
def test_a_trace_stands_on_what_there_is_and_reads_in_both_directions(trace: Trace) -> None:
    trace.check()
    assert str(trace.title) and str(trace.back_title) and str(trace.title) != str(trace.back_title)
    assert trace.suspect_on or trace.source_suspect_on, "an edge that is never suspect is a reference"
    assert {trace.name} <= {each.name for each, _way in relations_of(trace.ends[0])} & {each.name for each, _way in relations_of(trace.ends[1])}


@every
def test_strangers_learn_nothing_and_viewers_change_nothing(trace: Trace, house: House, inside: Any) -> None:
    with inside():
        edge, source, target = joined(house, trace)
        further = house.make(trace.ends[1])
    name, code = str(target), trace.ends[1].name_of(further)
    posts = (
        (f"{at(source)}traces/", {"trace": trace.name, "to": code}),
        (f"{at(source)}traces/{edge.pk}/drop/", {}),
        (f"{at(source)}traces/{edge.pk}/confirm/", {}),
    )
    gets = (at(source), f"{at(source)}impact/", f"/traces/{trace.name}/")
    for address in gets:
        assert Client().get(address).status_code in (302, 401)
        answer = browser(house.stranger).get(address)
        assert answer.status_code == 404 or (name not in answer.content.decode() and not answer.context.get("lines")), address
        assert browser(house.viewer).get(address).status_code == 200
    for address, body in posts:
        assert browser(house.stranger).post(address, body).status_code == 404
        assert browser(house.viewer).post(address, body).status_code == 403
    api = f"/api/v1/{trace.source}/{source.pk}/"
    for person, status in ((house.stranger, 404), (house.viewer, 403)):
        program = Program(house, person, house.other if person == house.stranger else house.tenant)
        assert program.call("GET", api + "traces")[0] == (404 if status == 404 else 200)
        assert program.call("GET", api + "impact")[0] == (404 if status == 404 else 200)
        assert program.call("POST", api + "traces", {"trace": trace.name, "to": further.pk})[0] == status
        assert program.call("POST", f"{api}traces/{edge.pk}/confirm", {})[0] == status
        assert program.call("DELETE", f"{api}traces/{edge.pk}")[0] == status
        assert program.call("GET", f"/api/v1/reports/trace.{trace.name}/{house.project.code}")[0] == (404 if status == 404 else 200)
    with inside():
        assert told(trace, house.access) == [edge.pk]
    with scope.within(scope.Scope(house.other.pk)):
        assert not Edge.objects.exists()


@every
def test_a_row_of_another_project_is_joined_by_nobody_and_told_to_none_without_the_right(trace: Trace, half: Half, inside: Any) -> None:
    house = half.house
    with inside():
        mine, their = only_in(trace, house.project), only_in(trace, half.other)
        kept = edges.join(trace, *their, house.access)
    access = half.access
    with half.inside():
        with pytest.raises(PermissionDenied):  # he only looks on there
            edges.join(trace, *their, access)
        if not trace.crosses_projects:
            with pytest.raises(ValidationError):
                edges.join(trace, mine[0], their[1], access)
        for does in (edges.part, edges.confirm):
            with pytest.raises(PermissionDenied):
                does(kept, access)
        own = edges.join(trace, *mine, access)
        assert told(trace, access) == [kept.pk, own.pk]
    person = member(house, "narrow", "manager", house.project)
    narrow = access_of(person, house.tenant)
    with scope.within(scope.Scope(house.tenant.pk, person.pk, narrow.project_ids)):
        assert told(trace, narrow) == [own.pk]
        with pytest.raises(PermissionDenied):
            edges.join(trace, mine[0], their[1], narrow)
        for text in (their[1].pk, trace.ends[1].name_of(their[1])):
            with pytest.raises(ValidationError):  # it is simply not there
                edges.named(trace.ends[1], text, narrow)
        assert edges.find(trace.ends[0], their[0], kept.pk, narrow) is None
    program = Program(house, person, house.tenant)
    assert program.call("GET", f"/api/v1/reports/trace.{trace.name}/{half.other.code}")[0] in (403, 404)
    assert program.call("DELETE", f"/api/v1/{trace.source}/{mine[0].pk}/traces/{kept.pk}")[0] == 404


@every
def test_what_the_target_may_not_be_seen_of_is_not_counted(trace: Trace, house: House, inside: Any) -> None:
    with inside():
        edge, source, target = joined(house, trace)
        blind = Access(house.tenant.pk, house.viewer.pk, frozenset({f"{trace.source}.view", f"{trace.source}.change"}))
        assert told(trace, house.access) == [edge.pk] and told(trace, blind) == []
        assert edges.told_of(trace, "on", source, blind) == []
        assert len(impact.impact_of(trace.ends[0], source, blind).nodes) == 1
        with pytest.raises(PermissionDenied):
            edges.join(trace, source, target, blind)
        with pytest.raises(PermissionDenied):
            edges.part(edge, blind)
        with pytest.raises(PermissionDenied):
            report_of(trace).told(blind, house.project, CoverageAsked())


@every
def test_a_row_is_named_by_code_or_in_a_form_by_words_that_only_it_has(trace: Trace, house: House, inside: Any) -> None:
    end = trace.ends[1]
    by = "name" if "name" in end.fields else "title"
    with inside(), scope.because(origin="web"):
        rows = [house.make(end) for _ in range(2)]
        end.model.objects.filter(pk=rows[0].pk).update(**{by: "独一无二的名称"})
        assert [edges.named(end, text, house.access).pk for text in (rows[0].pk, end.name_of(rows[0]), " 无二 ")] == [rows[0].pk] * 3
        end.model.objects.filter(pk=rows[1].pk).update(**{by: "无二之二"})
        with pytest.raises(ValidationError) as several:
            edges.named(end, "无二", house.access)
        assert "to" in several.value.message_dict
        for origin, text in (("import", "二之"), ("api:x", "二之"), ("web", end.name_of(rows[0])[:-1])):
            with scope.because(origin=origin), pytest.raises(ValidationError) as like:
                edges.named(end, text, house.access)
            assert "to" in like.value.message_dict, (origin, text)


def report_of(trace: Trace) -> Any:
    from jingwei.frame.records import report

    return report.registry[f"trace.{trace.name}"]


def text_field(end: Resource, names: tuple[str, ...]) -> str:
    """A field that a person may write anything into."""
    return next(name for name in names if isinstance(end.model_field(name), models.CharField | models.TextField) and not end.model_field(name).choices)  # type: ignore[union-attr]


@every
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).map(lambda t: "x" + t), min_size=1, max_size=4))
def test_suspect_is_exactly_that_a_print_differs(trace: Trace, house: House, inside: Any, texts: list[str]) -> None:
    with inside():
        edge, *rows = joined(house, trace)
        for end, row, names in zip(trace.ends, rows, (trace.source_suspect_on, trace.suspect_on), strict=True):
            watched, free = names and text_field(end, names), next((name for name in end.plain_fields if name not in names and _is_text(end, name)), "")
            if free:
                end.model.objects.filter(pk=row.pk).update(**{free: f"y{random.randrange(10**6)}"})
                assert not is_suspect(trace.told(house.access).get(pk=edge.pk))
            if not watched:
                continue
            first = getattr(end.model.objects.get(pk=row.pk), watched)
            for text in (*texts, first):
                text = text[: end.model_field(watched).max_length]  # type: ignore[union-attr]
                end.model.objects.filter(pk=row.pk).update(**{watched: text})
                assert is_suspect(trace.told(house.access).get(pk=edge.pk)) == (text != first)
        edge.delete()


def _is_text(end: Resource, name: str) -> bool:
    field = end.model_field(name)
    return isinstance(field, models.TextField) and not field.choices


def test_a_print_tells_apart_what_only_looks_alike(house: House, inside: Any) -> None:
    trace = registry["threatens"]
    with inside():
        risk, task = made(house, trace)
        Task.objects.filter(pk=task.pk).update(name="ab", description="c")
        edges.join(trace, risk, task, house.access)
        for name, description in (("a", "bc"), ("abc", ""), ("ab", ""), ("ab", '"c'), ("ab\x1fc", ""), ("AB", "c")):
            Task.objects.filter(pk=task.pk).update(name=name, description=description)
            assert is_suspect(trace.told(house.access).get())


@every
def test_to_confirm_sets_the_prints_and_not_those_that_nobody_saw(trace: Trace, house: House, inside: Any) -> None:
    end = trace.ends[1]
    name = text_field(end, trace.suspect_on)
    with inside():
        edge, source, target = joined(house, trace)
        end.model.objects.filter(pk=target.pk).update(**{name: "once"})
        (line,) = edges.told_of(trace, "on", source, house.access)
        assert line.is_suspect and line.may_change
        end.model.objects.filter(pk=target.pk).update(**{name: "twice"})
        with pytest.raises(ValidationError):
            edges.confirm(edge, house.access, line.seen)
        assert is_suspect(trace.told(house.access).get())
    page = browser(house.owner)
    with inside():
        seen = edges.told_of(trace, "on", source, house.access)[0].seen
    assert page.post(f"{at(source)}traces/{edge.pk}/confirm/", {"seen": seen}).status_code == 302
    with inside():
        now = trace.told(house.access).get()
        assert not is_suspect(now) and now.confirmed_by_id == house.owner.pk
        line = History.objects.filter(resource="frame.edge", object_id=edge.pk).latest("pk")
        assert line.action == "U" and line.actor_id == house.owner.pk and line.reason
    page.post("/undo/")
    with inside():
        assert is_suspect(trace.told(house.access).get()), "what was confirmed by mistake is suspect again"
