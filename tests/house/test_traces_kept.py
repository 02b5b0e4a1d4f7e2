"""Edges of traces over time: with their ends, undone, forgotten, refused, counted, exported, and what they cost."""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import Edge
from jingwei.frame.records import commands, undo
from jingwei.frame.rights.access import access_of
from jingwei.frame.traces import Trace, edges, sweeping
from jingwei.frame.traces.coverage import CoverageAsked, Reach
from jingwei.frame.traces.trace import is_suspect, registry
from tests.house.conftest import House
from tests.house.test_api import Program
from tests.house.test_traces import at, browser, every, joined, made, report_of, text_field, told

pytestmark = pytest.mark.django_db


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
