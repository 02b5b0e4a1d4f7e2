"""GraphQL of what stands at a row: the cases of its approval with their votes, and voting; its traces in both directions, joining, confirming, removing.

The same rights, checks and words as by REST, whose answers these are in the shape of types.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import strawberry
from django.http import Http404
from strawberry.types import Info

from jingwei.frame.api import approvals
from jingwei.frame.api import traces as told_traces
from jingwei.frame.api.resolving import guarded, in_time, resolve
from jingwei.frame.api.rest import one
from jingwei.frame.approvals import shown, voting
from jingwei.frame.records.resource import Resource
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import far_of, on, relations_of

Fields = dict[str, Any]


@strawberry.type(description="One vote. `actingForId` is the person whose deputy voted; a withdrawn vote counts no more.")
class ApprovalVote:
    """One vote as it is told."""

    stage: str
    user_id: int
    acting_for_id: int | None
    choice: str
    word: str
    at: dt.datetime
    withdrawn_at: dt.datetime | None


@strawberry.type(
    description="A row that was submitted and is decided by votes. `seen` goes back with a vote, so that nobody votes on what he has not looked at."
)
class ApprovalCase:
    """A case as it is told."""

    id: strawberry.ID
    state: str
    stage: str
    round: int
    opened_by_id: int | None
    opened_at: dt.datetime
    due_at: dt.datetime | None
    ended_at: dt.datetime | None
    seen: str
    votes: list[ApprovalVote]


@strawberry.type(
    description="An edge as it is told from one of its ends: `resource`, `row` and `name` are what lies at the other one. `seen` is what both ends are now."
)
class TraceEdge:
    """An edge as it is told."""

    id: strawberry.ID
    trace: str
    way: str
    title: str
    resource: str
    row: strawberry.ID
    name: str
    label: str
    is_suspect: bool
    seen: str
    confirmed_by: int | None
    confirmed_at: dt.datetime


@strawberry.type(description="The edges of a row; `isCut` when a relation has more than are told.")
class TraceEdges:
    """All that a row is joined to."""

    edges: list[TraceEdge]
    is_cut: bool


def _shaped(kind: type[Any], values: Fields) -> Any:
    return kind(**{each.name: values[each.name] for each in dataclasses.fields(kind)})


def _case(told: Fields) -> ApprovalCase:
    found: ApprovalCase = _shaped(ApprovalCase, told | {"votes": [_shaped(ApprovalVote, each) for each in told["votes"]]})
    return found


def _edges(resource: Resource, row: Any, access: Any) -> TraceEdges:
    told = told_traces.edges_of(resource, row, access)
    return TraceEdges(edges=[_shaped(TraceEdge, each) for each in told["edges"]], is_cut=told["is_cut"])


def of_rows(resource: Resource) -> tuple[Fields, Fields]:
    """The queries and mutations of a resource with an approval, and of one whose rows can stand at an end of a trace."""
    queries: Fields = {}
    mutations: Fields = {}
    for is_there, make in ((resource.approval is not None, _of_approval), (bool(relations_of(resource)), _of_traces)):
        if is_there:
            more, changes = make(resource)
            queries |= more
            mutations |= changes
    return queries, mutations


def _of_approval(resource: Resource) -> tuple[Fields, Fields]:
    name = resource.key.replace(".", "_")

    def cases(info: Info, key: str) -> Any:
        request = info.context.request

        def work() -> Any:
            in_time(request)
            return [_case(approvals.told(case, votes)) for case, votes in shown.cases_of(resource, one(request, resource, key))]

        return guarded(work)

    def vote(info: Info, key: str, choice: str, word: str = "", acting_for: int | None = None, seen: str = "") -> Any:
        request = info.context.request

        def work() -> Any:
            row = one(request, resource, key)
            case = voting.vote(resource, row, choice, request.access, word=word, acting_for=acting_for, seen=seen)
            return _case(approvals.told(case, list(case.votes.order_by("pk"))))

        return guarded(work)

    cases.__annotations__["return"], vote.__annotations__["return"] = list[ApprovalCase], ApprovalCase | None
    resolve(cases, vote)
    return {f"{name}_cases": strawberry.field(resolver=cases)}, {f"vote_{name}": strawberry.mutation(resolver=vote)}


def _of_traces(resource: Resource) -> tuple[Fields, Fields]:
    name = resource.key.replace(".", "_")

    def list_edges(info: Info, key: str) -> Any:
        request = info.context.request

        def work() -> Any:
            in_time(request)
            return _edges(resource, one(request, resource, key), request.access)

        return guarded(work)

    def join(info: Info, key: str, trace: str, to: str = "", to_id: strawberry.ID | None = None, way: str = "") -> Any:
        request = info.context.request

        def work() -> Any:
            row = one(request, resource, key)
            found, leads = edges.relation(resource, trace, way)
            other = edges.named(far_of(found, leads), _id(to_id) if to_id is not None else to, request.access)
            edges.join(found, *((row, other) if leads == on else (other, row)), request.access)
            return _edges(resource, row, request.access)

        return guarded(work)

    def confirm(info: Info, key: str, edge: strawberry.ID, seen: str = "") -> Any:
        request = info.context.request

        def work() -> Any:
            row = one(request, resource, key)
            edges.confirm(told_traces.one_edge(resource, row, _id(edge), request.access), request.access, seen)
            return _edges(resource, row, request.access)

        return guarded(work)

    def part(info: Info, key: str, edge: strawberry.ID) -> bool:
        request = info.context.request

        def work() -> bool:
            edges.part(told_traces.one_edge(resource, one(request, resource, key), _id(edge), request.access), request.access)
            return True

        return bool(guarded(work))

    for function, result in ((list_edges, TraceEdges), (join, TraceEdges | None), (confirm, TraceEdges | None), (part, bool | None)):
        function.__annotations__["return"] = result
    resolve(list_edges, join, confirm, part)
    mutations = {
        f"join_{name}": strawberry.mutation(resolver=join), f"confirm_{name}": strawberry.mutation(resolver=confirm), f"part_{name}": strawberry.mutation(resolver=part),
    }  # fmt: skip
    return {f"{name}_traces": strawberry.field(resolver=list_edges)}, mutations


def _id(text: Any) -> int:
    """The number of an edge or a row. Http404 for what is none."""
    if not (str(text).isascii() and str(text).isdigit() and len(str(text)) < 20):
        raise Http404
    return int(str(text))
