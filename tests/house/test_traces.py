"""The law of traces, over every one that is declared: who is told what by every way, suspect is exactly "a print differs", coverage and impact are what a count by hand finds,
edges come back with their ends, and no page or answer costs more with more rows."""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Edge, History, Project, User
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import Access, access_of, system_access
from jingwei.frame.traces import Trace, edges, impact, sweeping, traces
from jingwei.frame.traces.coverage import CoverageAsked, Reach
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
def test_a_row_is_named_by_code_or_by_words_that_only_it_has(trace: Trace, house: House, inside: Any) -> None:
    end = trace.ends[1]
    by = "name" if "name" in end.fields else "title"
    with inside():
        rows = [house.make(end) for _ in range(2)]
        end.model.objects.filter(pk=rows[0].pk).update(**{by: "独一无二的名称"})
        assert [edges.named(end, text, house.access).pk for text in (rows[0].pk, end.name_of(rows[0]), " 无二 ")] == [rows[0].pk] * 3
        end.model.objects.filter(pk=rows[1].pk).update(**{by: "无二之二"})
        with pytest.raises(ValidationError) as several:
            edges.named(end, "无二", house.access)
        assert "to" in several.value.message_dict


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


@every
def test_edges_go_with_their_ends_and_come_back_with_them(trace: Trace, house: House, inside: Any) -> None:
    for number, end in enumerate(trace.ends):
        with inside():
            edge, *rows = joined(house, trace)
            with scope.because(trace="deleting") as current:
                commands.remove(end, end.model.objects.get(pk=rows[number].pk), house.access)
            assert told(trace, house.access) == [] and edges.told_of(trace, "on", rows[0], house.access) == []
            sweeping.remove_forgotten()  # history still knows the row
            assert undo.undo(current.trace, house.access) == []
            assert told(trace, house.access) == [edge.pk]
            assert not is_suspect(trace.told(house.access).get())
            Edge.objects.all().delete()


@every
def test_joining_and_removing_are_undone_by_those_who_may(trace: Trace, house: House, inside: Any) -> None:
    viewer = access_of(house.viewer, house.tenant)
    with inside():
        source, target = made(house, trace)
        with scope.because(trace="joining"):
            pk = edges.join(trace, source, target, house.access).pk
        with scope.because(trace="removing"):
            edges.part(Edge.objects.get(pk=pk), house.access)
        assert told(trace, house.access) == []
        assert undo.undo("removing", viewer) and told(trace, house.access) == []
        assert undo.undo("removing", house.access) == [] and told(trace, house.access) == [pk]
        assert undo.undo("joining", viewer) and told(trace, house.access) == [pk]
        assert undo.undo("joining", house.access) == [] and told(trace, house.access) == []


@every
def test_what_history_has_forgotten_is_swept(trace: Trace, house: House, inside: Any) -> None:
    with inside():
        stays, *_rows = joined(house, trace)
        source, _target = made(house, trace)
        gone = Edge.objects.create(
            trace=trace.name,
            source=trace.source,
            source_id=source.pk,
            target=trace.target,
            target_id=2**40,
            source_print="",
            target_print="",
            confirmed_at=source.created_at,
        )
        assert sweeping.remove_forgotten() == 1
        assert Edge.objects.filter(pk=stays.pk).exists() and not Edge.objects.filter(pk=gone.pk).exists()


@every
def test_what_cannot_be_is_refused_in_words(trace: Trace, house: House, inside: Any) -> None:
    with inside():
        edge, source, target = joined(house, trace)
        with pytest.raises(ValidationError):
            edges.join(trace, source, target, house.access)
    program, api = Program(house, house.owner, house.tenant), f"/api/v1/{trace.source}/{source.pk}/traces"
    for body in (
        {"trace": trace.name, "to": target.pk}, {"trace": "nonsense", "to": target.pk}, {"trace": trace.name, "to": 2**70}, {"trace": trace.name, "to": "no such"}, {"trace": trace.name, "to": ""},
        {"trace": trace.name, "to": "a\0b"}, {"trace": trace.name, "to": "界" * 5000}, {"trace": trace.name, "to": None}, {"trace": trace.name}, {}, [], {"trace": trace.name, "to": target.pk, "surprise": 1},
    ):  # fmt: skip
        status, answer = program.call("POST", api, body)
        assert status == 422 and answer["errors"], body
    for odd in (2**63, 2**80, 0):
        assert program.call("DELETE", f"{api}/{odd}")[0] == 404
        assert program.call("POST", f"{api}/{odd}/confirm", {})[0] == 404
    for query in ("depth=0", "depth=7", "depth=x", "way=sideways"):
        assert program.call("GET", f"/api/v1/{trace.source}/{source.pk}/impact?{query}")[0] == 422
    page = browser(house.owner)
    for query in ("down=99", "across=-1", "page=x", "shown=x", "down=" + "9" * 40):
        assert page.get(f"/traces/{trace.name}/?{query}").status_code == 200
    for query in ("depth=999", "depth=-1", "way=x"):
        assert page.get(f"{at(source)}impact/?{query}").status_code == 200
    assert page.get(f"/traces/{trace.name}/?project=NONE").status_code == 404 and page.get("/traces/none/").status_code == 404
    assert page.post(f"{at(source)}traces/", {"trace": "x", "to": "y"}).status_code == 302
    assert page.post(f"{at(source)}traces/{2**80}/drop/").status_code == 404
    with inside():
        assert told(trace, house.access) == [edge.pk]


@every
def test_a_fixed_row_gains_and_loses_no_edge_but_is_confirmed(trace: Trace, house: House, inside: Any) -> None:
    life = trace.ends[0].life
    fixed = [state for state, names in life.locked.items() if names == ("*",)] if life is not None else []
    with inside():
        edge, source, _target = joined(house, trace)
        further = house.make(trace.ends[1])
        for state in fixed:
            trace.ends[0].model.objects.filter(pk=source.pk).update(**{life.field: state})  # type: ignore[union-attr]
            row = trace.ends[0].model.objects.get(pk=source.pk)
            for does in (lambda row=row: edges.join(trace, row, further, house.access), lambda: edges.part(edge, house.access)):
                with pytest.raises(ValidationError):
                    does()
            edges.confirm(edge, house.access)
            (line,) = edges.told_of(trace, "on", row, house.access)
            assert line.may_change and not line.may_remove
        assert told(trace, house.access) == [edge.pk]


@every
def test_coverage_is_what_a_count_by_hand_finds(trace: Trace, house: House, inside: Any) -> None:
    chance = random.Random(trace.name)
    with inside():
        sources, targets = ([house.make(end) for _ in range(4)] for end in trace.ends)
        pairs = [pair for pair in itertools.product(sources, targets) if chance.random() < 0.25]
        for source, target in pairs:
            edges.join(trace, source, target, house.access)
        name = text_field(trace.ends[1], trace.suspect_on)
        trace.ends[1].model.objects.filter(pk=targets[0].pk).update(**{name: "other"})
        all_targets, all_sources = (set(end.model.objects.filter(project=house.project).values_list("pk", flat=True)) for end in reversed(trace.ends))
        covered = {target.pk for _source, target in pairs}
        found = report_of(trace).told(house.access, house.project, CoverageAsked())
        assert (found["targets"], found["covered"]) == (len(all_targets), len(covered))
        assert (found["sources"], found["joined"]) == (len(all_sources), len({source.pk for source, _target in pairs}))
        assert found["suspect"] == sum(target.pk == targets[0].pk for _source, target in pairs)
        assert found["percent"] == len(covered) * 100 // len(all_targets)
        rows = trace.ends[1].model.objects.filter(pk__in=all_targets - covered)
        assert sorted(found["orphans"]) == sorted(trace.ends[1].name_of(row) for row in rows)
        assert {row.pk for row in Reach(trace, house.access, house.project).orphans} == all_targets - covered
        assert report_of(trace).told(house.access, house.project, CoverageAsked(page=9))["orphans"] == []
    status, answer = Program(house, house.owner, house.tenant).call("GET", f"/api/v1/reports/trace.{trace.name}/{house.project.code}")
    assert status == 200 and answer["covered"] == len(covered)
    page = browser(house.owner).get(f"/traces/{trace.name}/?shown=all")
    shown = {(line["row"].pk, cell["target"].pk) for line in page.context["lines"] for cell in line["cells"] if cell["mark"]}
    assert shown == {(source.pk, target.pk) for source, target in pairs}


@every
def test_what_goes_out_comes_in_again_whole_or_not_at_all(trace: Trace, house: House, inside: Any) -> None:
    with inside():
        sources, targets = ([house.make(end) for _ in range(3)] for end in trace.ends)
        pairs = {(sources[n].pk, targets[m].pk) for n, m in ((0, 0), (0, 1), (2, 1))}
        for source, target in itertools.product(sources, targets):
            if (source.pk, target.pk) in pairs:
                edges.join(trace, source, target, house.access)
    address, page = f"/traces/{trace.name}/", browser(house.owner)
    content = page.get(f"{address}export.csv").content
    with inside():
        Edge.objects.filter(source_id=sources[0].pk).delete()

    def brought(content: bytes, by: Client = page) -> Any:
        return by.post(f"{address}import/", {"file": SimpleUploadedFile("edges.csv", content)}).status_code

    def kept() -> set[tuple[int, int]]:
        with inside():
            return set(trace.told(house.access).values_list("source_id", "target_id"))

    codes = [end.name_of(row) for end, row in zip(trace.ends, (sources[1], targets[2]), strict=True)]
    head = b"\xef\xbb\xbfsource,target\r\n"
    for bad in (
        b"",
        b"source\r\nx\r\n",
        b"a,b\r\n1,2\r\n",
        head + f"{','.join(codes)}\r\nno such,{codes[1]}\r\n".encode(),
        head + b"x,y\r\n" * 301,
        b"\x00\xff" * 50,
    ):
        assert brought(bad) == 302
        assert kept() == {(sources[2].pk, targets[1].pk)}
    assert brought(content, browser(house.viewer)) == 403 and brought(content, browser(house.stranger)) == 404
    assert brought(content) == 302 and kept() == pairs
    assert brought(content) == 302 and kept() == pairs, "a second time changes nothing"
    assert browser(house.viewer).get(f"{address}export.csv").status_code == 403
    assert browser(house.stranger).get(f"{address}export.csv?project={house.project.code}").status_code == 404


@every
def test_more_rows_cost_no_more_statements(trace: Trace, house: House, inside: Any) -> None:
    with inside():
        _edge, source, _target = joined(house, trace)
    page = browser(house.owner)
    program = Program(house, house.owner, house.tenant)
    api = f"/api/v1/{trace.source}/{source.pk}/"

    def counted() -> list[int]:
        out = []
        for ask in (
            lambda: page.get(at(source)), lambda: page.get(f"{at(source)}impact/"), lambda: page.get(f"/traces/{trace.name}/"), lambda: page.get(f"/traces/{trace.name}/?shown=all"),
            lambda: program.call("GET", api + "traces"), lambda: program.call("GET", api + "impact"), lambda: program.call("GET", f"/api/v1/reports/trace.{trace.name}/{house.project.code}"),
        ):  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                ask()
            out.append(len(queries))
        return out

    counted()
    before = counted()
    with inside():
        for _ in range(6):
            edges.join(trace, source, house.make(trace.ends[1]), house.access)
    after = counted()
    # what is reached for the first time may bring its relations; a row more does not
    assert all(now <= then + 1 for then, now in zip(before, after, strict=True)), (before, after)
    assert max(after) < 60


def test_the_day_of_a_task_moves_no_print_of_its_edges(house: House, inside: Any) -> None:
    """What a recalculation writes is not what people agreed on."""
    trace = registry["threatens"]
    with inside():
        edge, _risk, task = joined(house, trace)
        Task.objects.filter(pk=task.pk).update(percent=50, deadline=None, is_critical=True)
        assert not is_suspect(trace.told(house.access).get(pk=edge.pk)) and date(2026, 11, 2) == house.project.start_on
