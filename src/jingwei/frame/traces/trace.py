"""A trace: a relation between rows of two resources, declared once; which of its edges are told to whom, and which of them are suspect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast

from jingwei.frame.models import Edge
from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.rights.access import Access

registry: dict[str, Trace] = {}
hear_declared: list[Callable[[Trace], object]] = []  # what follows from a declaration
on, back = "on", "back"  # along the arrow, from the source; against it, from the target


@dataclass(frozen=True)
class Trace:
    """`Trace("verifies", _("verifies"), _("is verified by"), source="test.case", target="need.requirement", suspect_on=("title", "text"))`

    `source` and `target` are keys of resources, so that either may be declared in a higher domain. An edge is suspect when one of the fields `suspect_on` of its target, or
    `source_suspect_on` of its source, is not what it was when the edge was made or last confirmed. Both ends lie in one project unless it `crosses_projects`.
    """

    name: str
    title: Any
    back_title: Any
    source: str
    target: str
    suspect_on: tuple[str, ...] = ()
    source_suspect_on: tuple[str, ...] = ()
    crosses_projects: bool = False

    def __post_init__(self) -> None:
        if self.name in registry:
            raise LookupError(f"the trace {self.name!r} is declared twice")
        registry[self.name] = self
        for hear in hear_declared:
            hear(self)

    @property
    def ends(self) -> tuple[Resource, Resource]:
        """The resources of its sources and of its targets. Raises UnknownResource."""
        return resource(self.source), resource(self.target)

    def check(self) -> None:
        """Raise LookupError when it stands on what there is not, or on what not everybody who sees the row may see."""
        for end, names in zip(self.ends, (self.source_suspect_on, self.suspect_on), strict=True):
            if wrong := [name for name in names if end.model_field(name) is None or name in (*end.untold, *end.veiled)]:
                raise LookupError(f"the trace {self.name!r} cannot stand on {wrong} of {end.key}")

    def print_of(self, way: str) -> Any:
        """The print of a source (on) or a target (back), as the database computes it: equal for equal values and for nothing else."""
        names = self.source_suspect_on if way == on else self.suspect_on
        if not names:
            return Value("", output_field=CharField())
        listed = Func(*(F(name) for name in names), function="jsonb_build_array", output_field=TextField())
        return Func(Cast(listed, TextField()), template="encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')", output_field=CharField())

    def told(self, access: Access) -> QuerySet[Edge]:
        """Its edges whose ends both stand and may both be seen, with the prints of now (`source_now`, `target_now`). What is not told is not counted either."""
        source, target = self.ends
        rows: QuerySet[Edge] = Edge.objects.filter(trace=self.name, source=source.key, target=target.key)
        rows = rows.filter(source_id__in=source.seen(access).order_by().values("pk"), target_id__in=target.seen(access).order_by().values("pk"))
        if not self.crosses_projects and source.place_path and target.place_path:
            places = {"source_place": _of(source, "source_id", F(source.place_path)), "target_place": _of(target, "target_id", F(target.place_path))}
            rows = rows.annotate(**places).filter(Q(source_place=F("target_place")) | Q(source_place=None) | Q(target_place=None))
        return rows.annotate(source_now=_of(source, "source_id", self.print_of(on)), target_now=_of(target, "target_id", self.print_of(back)))


suspect = ~Q(source_now=F("source_print"), target_now=F("target_print"))  # of edges that are told


def is_suspect(edge: Any) -> bool:
    """The same of one that is told."""
    return bool((edge.source_now, edge.target_now) != (edge.source_print, edge.target_print))


def _of(end: Resource, attribute: str, value: Any) -> Subquery:
    """A value of the row at one end of an edge."""
    return Subquery(end.model.objects.filter(pk=OuterRef(attribute)).order_by().values_list(value)[:1])


def traces() -> Iterator[Trace]:
    """All of them in the order they were declared; those with an end that is not installed are left out."""
    yield from list(registry.values())


def relations_of(found: Resource) -> tuple[tuple[Trace, str], ...]:
    """Every trace that its rows can stand at the end of, with the way in which it leads away from them."""
    out = [(each, on) for each in traces() if each.source == found.key]
    return (*out, *((each, back) for each in traces() if each.target == found.key))


def far_of(trace: Trace, way: str) -> Resource:
    """What lies at the other end."""
    return trace.ends[way == on]


def heading(trace: Trace, way: str) -> Any:
    """How the relation is called from here."""
    return trace.title if way == on else trace.back_title
