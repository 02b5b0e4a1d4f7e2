"""The law of GraphQL at a row: votes over every resource with an approval, traces over every one that is declared. The stranger first; then every answer and every
refusal is that of REST."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jingwei.frame.api import costs, graphql
from jingwei.frame.approvals.declaration import waits_in
from jingwei.frame.models import Edge, Vote
from jingwei.frame.records.resource import Resource
from jingwei.frame.traces import Trace, edges
from tests.house.approving import Room, decided, passed
from tests.house.conftest import House
from tests.house.test_api import Program
from tests.house.test_traces import declared, joined, told

pytestmark = pytest.mark.django_db
voted = pytest.mark.parametrize("resource", decided, ids=[each.key for each in decided])
every = pytest.mark.parametrize("trace", declared, ids=[each.name for each in declared])
codes = {"not_found": 404, "denied": 403, "invalid": 422, "stale": 409}
case_told = "id state stage round openedById openedAt dueAt endedAt seen votes { stage userId actingForId choice word at withdrawnAt }"
edge_told = "edges { id trace way title resource row name label isSuspect seen confirmedBy confirmedAt } isCut"


def camel(text: str) -> str:
    first, *rest = re.split(r"[._]", text)
    return first + "".join(part.title() for part in rest)


def named(verb: str, key: str) -> str:
    return camel(f"{verb}_{key}")


def ask(program: Program, query: str, **variables: Any) -> tuple[int, Any]:
    """What GraphQL answers, with the status that REST has for it: (status, answer or text of the refusal)."""
    status, answer = program.call("POST", "/graphql", {"query": query, "variables": variables})
    assert status == 200, answer
    if answer.get("errors"):
        problem = answer["errors"][0]
        return codes[problem["extensions"]["code"]], problem["message"]
    return 200, next(iter(answer["data"].values()))


def cases_of(program: Program, resource: Resource, key: Any) -> tuple[int, Any]:
    return ask(program, f"query Q($k: String!) {{ {camel(resource.key)}Cases(key: $k) {{ {case_told} }} }}", k=str(key))


def vote(program: Program, resource: Resource, key: Any, **values: Any) -> tuple[int, Any]:
    given = {"choice": "yes", **values}
    kinds = {"choice": "String!", "word": "String!", "actingFor": "Int", "seen": "String!"}
    heads, args = "".join(f", ${n}: {kinds[n]}" for n in given), "".join(f", {n}: ${n}" for n in given)
    return ask(program, f"mutation M($k: String!{heads}) {{ {named('vote', resource.key)}(key: $k{args}) {{ {case_told} }} }}", k=str(key), **given)


def plain(value: Any) -> Any:
    """An answer of GraphQL as REST writes it: names with underscores, ids as numbers."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        out = {re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower(): plain(each) for name, each in value.items()}
        return out | {name: int(out[name]) for name in ("id", "row") if name in out}
    return value.replace("+00:00", "Z") if isinstance(value, str) and value.endswith("+00:00") else value


def mended(value: Any) -> Any:
    """Moments to the second, as both write them their own way."""
    if isinstance(value, list):
        return [mended(each) for each in value]
    if isinstance(value, dict):
        return {name: mended(each) for name, each in value.items()}
    return re.sub(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d).*$", r"\1", value) if isinstance(value, str) else value


def program_of(room: Room, name: str) -> Program:
    return Program(room.house, room.people[name], room.house.other if name == "stranger" else room.house.tenant)


@voted
def test_strangers_learn_nothing_and_lookers_vote_not(room: Room, resource: Resource) -> None:
    for name, status in (("stranger", 404), ("looker", 403)):
        program = program_of(room, name)
        assert cases_of(program, resource, room.row.pk)[0] == (404 if name == "stranger" else 200)
        for values in ({}, {"choice": "perhaps"}, {"choice": "no", "word": ""}, {"seen": "x"}, {"actingFor": 1}):
            assert vote(program, resource, room.row.pk, **values)[0] == status
        with room.acting("author"):
            assert not Vote.objects.exists()
    assert room.state == waits_in(resource)


@voted
def test_a_vote_is_refused_as_rest_refuses_it(room: Room, resource: Resource) -> None:
    address = f"/api/v1/{resource.key}/{room.row.pk}/vote"
    for name, values in (
        ("author", {}), ("author", {"acting_for": room.people["first"].pk}), ("first", {"choice": "no"}), ("first", {"choice": "no", "word": "x" * 2001}),
        ("first", {"seen": "0.0.x"}), ("first", {"acting_for": room.people["author"].pk}), ("first", {"acting_for": 0}), ("first", {"choice": "no", "word": "\u0000"}),
    ):  # fmt: skip
        program = program_of(room, name)
        by_rest = program.call("POST", address, {"choice": "yes", **values})
        by_graph = vote(program, resource, room.row.pk, **{camel(n): v for n, v in values.items()})
        assert by_graph[0] == by_rest[0] >= 400, (values, by_rest, by_graph)
        if by_rest[0] == 422:
            assert any(each["message"] in by_graph[1] for each in by_rest[1]["errors"]) or by_rest[1].get("detail") in by_graph[1], (by_rest, by_graph)
    with room.acting("author"):
        assert not Vote.objects.exists()


@voted
def test_cases_are_told_as_rest_tells_them_and_the_last_yes_decides(room: Room, resource: Resource) -> None:
    program = program_of(room, "first")
    (case,) = cases_of(program, resource, room.row.pk)[1]
    for _stage in room.approval.stages:
        if room.state != waits_in(resource):
            break
        status, after = vote(program, resource, room.row.pk, word="gut", seen=cases_of(program, resource, room.row.pk)[1][0]["seen"])
        assert status == 200 and after["votes"][-1]["userId"] == room.people["first"].pk, after
    assert room.state == passed(room) and after["state"] == "approved" and after["id"] == case["id"]
    by_rest = program.call("GET", f"/api/v1/{resource.key}/{room.row.pk}/cases")[1]
    assert mended(plain(cases_of(program, resource, room.row.pk)[1])) == mended(by_rest)
    assert vote(program, resource, room.row.pk)[0] == program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/vote", {"choice": "yes"})[0] == 422


def edges_of(program: Program, key: str, row: Any) -> tuple[int, Any]:
    return ask(program, f"query Q($k: String!) {{ {camel(key)}Traces(key: $k) {{ {edge_told} }} }}", k=str(row))


def join(program: Program, key: str, row: Any, **values: Any) -> tuple[int, Any]:
    kinds = {"trace": "String!", "to": "String!", "toId": "ID", "way": "String!"}
    heads, args = "".join(f", ${n}: {kinds[n]}" for n in values), "".join(f", {n}: ${n}" for n in values)
    return ask(program, f"mutation M($k: String!{heads}) {{ {named('join', key)}(key: $k{args}) {{ {edge_told} }} }}", k=str(row), **values)


def confirm(program: Program, key: str, row: Any, edge: Any, seen: str = "") -> tuple[int, Any]:
    query = f"mutation M($k: String!, $e: ID!, $s: String!) {{ {named('confirm', key)}(key: $k, edge: $e, seen: $s) {{ {edge_told} }} }}"
    return ask(program, query, k=str(row), e=str(edge), s=seen)


def part(program: Program, key: str, row: Any, edge: Any) -> tuple[int, Any]:
    return ask(program, f"mutation M($k: String!, $e: ID!) {{ {named('part', key)}(key: $k, edge: $e) }}", k=str(row), e=str(edge))


@pytest.fixture
def programs(house: House) -> dict[str, Program]:
    people = {"owner": house.owner, "viewer": house.viewer, "stranger": house.stranger}
    return {name: Program(house, person, house.other if name == "stranger" else house.tenant) for name, person in people.items()}


@every
def test_strangers_see_no_edge_and_viewers_change_none(trace: Trace, house: House, inside: Any, programs: dict[str, Program]) -> None:
    with inside():
        edge, source, target = joined(house, trace)
        further = house.make(trace.ends[1])
    for name, status in (("stranger", 404), ("viewer", 403)):
        program = programs[name]
        for key, row in ((trace.source, source), (trace.target, target)):
            assert edges_of(program, key, row.pk)[0] == (404 if name == "stranger" else 200)
            assert confirm(program, key, row.pk, edge.pk)[0] == status
            assert part(program, key, row.pk, edge.pk)[0] == status
        assert join(program, trace.source, source.pk, trace=trace.name, toId=str(further.pk))[0] == status
    with inside():
        assert told(trace, house.access) == [edge.pk]


@every
def test_edges_are_made_told_confirmed_and_removed_as_by_rest(trace: Trace, house: House, inside: Any, programs: dict[str, Program]) -> None:
    program = programs["owner"]
    with inside():
        source, target = (house.make(end) for end in trace.ends)
    status, found = join(program, trace.source, source.pk, trace=trace.name, to=trace.ends[1].name_of(target))
    assert status == 200 and len(found["edges"]) == 1, found
    for key, row in ((trace.source, source), (trace.target, target)):
        status, found = edges_of(program, key, row.pk)
        by_rest = program.call("GET", f"/api/v1/{key}/{row.pk}/traces")[1]
        assert mended(plain(found)) == mended(by_rest) and not found["edges"][0]["isSuspect"]
    edge = found["edges"][0]["id"]
    with inside():
        Edge.objects.filter(pk=edge).update(target_print="was other")
    (suspect,) = edges_of(program, trace.target, target.pk)[1]["edges"]
    assert suspect["isSuspect"] and confirm(program, trace.target, target.pk, edge, "something else")[0] == 422
    status, found = confirm(program, trace.target, target.pk, edge, suspect["seen"])
    assert status == 200 and not found["edges"][0]["isSuspect"]
    assert part(program, trace.source, source.pk, edge) == (200, True) and part(program, trace.source, source.pk, edge)[0] == 404
    with inside():
        assert not Edge.objects.exists()


@every
def test_an_edge_is_refused_as_rest_refuses_it(trace: Trace, house: House, inside: Any, programs: dict[str, Program]) -> None:
    program = programs["owner"]
    with inside():
        edge, source, target = joined(house, trace)
    for values in (
        {"trace": "nonsense", "to": "1"}, {"trace": trace.name, "to": "there is none"}, {"trace": trace.name, "to": target.pk}, {"trace": trace.name, "to": -1},
        {"trace": trace.name, "to": 2**63}, {"trace": trace.name, "to": "\u0000"}, {"trace": trace.name, "to": ""},
    ):  # fmt: skip
        by_rest = program.call("POST", f"/api/v1/{trace.source}/{source.pk}/traces", values)
        by_graph = join(
            program, trace.source, source.pk, **{"toId" if name == "to" and isinstance(value, int) else name: str(value) for name, value in values.items()}
        )
        assert by_rest[0] == 422 and by_graph[0] in (422, 404), (values, by_rest, by_graph)
        assert by_graph[0] == 404 or any(each["message"] in by_graph[1] for each in by_rest[1]["errors"]), (by_rest, by_graph)
    for wrong in ("0", "x", str(2**63), "-1", "9" * 30, "²"):
        assert confirm(program, trace.source, source.pk, wrong)[0] == part(program, trace.source, source.pk, wrong)[0] == 404
    with inside():
        assert told(trace, house.access) == [edge.pk]


@every
def test_edges_cost_the_same_however_many(trace: Trace, house: House, inside: Any, programs: dict[str, Program]) -> None:
    program = programs["owner"]

    def asked(row: int) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert edges_of(program, trace.source, row)[0] == 200
        return len(caught)

    with inside():
        edge, source, _target = joined(house, trace)
    few = asked(source.pk)
    with inside():
        for _number in range(4):
            edges.join(trace, source, house.make(trace.ends[1]), house.access)
    assert asked(source.pk) <= few + 1, "a query more for the last page of statements"


def test_what_stands_at_a_row_weighs_as_many_rows_as_it_may_have() -> None:
    deep = "edges { id name label resource row seen title trace way }"
    many = " ".join(f'a{n}: workTaskTraces(key: "1") {{ {deep} }}' for n in range(28))
    assert costs.check(f'{{ workTaskTraces(key: "1") {{ {deep} }} }}', None) > 1000
    with pytest.raises(costs.TooDear):
        costs.check(f"{{ {many} }}", None)
    votes = " ".join(f'a{n}: changeChangerequestCases(key: "1") {{ {case_told} }}' for n in range(28))
    with pytest.raises(costs.TooDear):
        costs.check(f"{{ {votes} }}", None)


def test_a_change_that_is_refused_hides_nothing_of_the_others(house: House, inside: Any) -> None:
    program = Program(house, house.owner, house.tenant)
    first, second = (f'{name}: createRiskRisk(values: {{project: {house.project.pk}, title: "{title}"}}) {{ id }}' for name, title in (("a", "g"), ("b", "")))
    answer = program.call("POST", "/graphql", {"query": f"mutation {{ {first} {second} }}"})[1]
    assert answer["data"]["a"]["id"] and answer["data"]["b"] is None and answer["errors"][0]["path"] == ["b"]


def test_every_change_may_be_null() -> None:
    mutation = graphql.schema._schema.mutation_type
    assert [name for name, field in mutation.fields.items() if str(field.type).endswith("!")] == []
