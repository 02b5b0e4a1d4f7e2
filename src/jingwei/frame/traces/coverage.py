"""How far a trace reaches in a project, as a report: how many targets have a source, and which have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from pydantic import Field

from jingwei.frame.models import Project
from jingwei.frame.records.report import Asked, Report
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.traces.trace import Trace, hear_declared

orphans_at_most = 200


class CoverageAsked(Asked):
    """Which page of the orphans."""

    page: int = Field(1, ge=1, le=100_000)


def nothing(_project: Project, _asked: Any) -> dict[str, Any]:
    """A report is answered for somebody: `Coverage.told` does it."""
    raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Coverage(Report):
    """Told to who may see both ends in the project; edges to rows that he may not see count for nothing."""

    answer: Any = nothing
    asked: type[Asked] = CoverageAsked
    trace: Trace

    def told(self, access: Access, project: Project, asked: Any) -> dict[str, Any]:
        """Targets, how many of them have a source, sources, how many of them have a target, suspect edges, and the targets without a source by name."""
        for end in self.trace.ends:
            access.require(end.permission("view"), project.pk)
        found = Reach(self.trace, access, project)
        start = (asked.page - 1) * orphans_at_most
        names = [self.trace.ends[1].name_of(row) for row in found.orphans[start : start + orphans_at_most]]
        return {"project": project.code, "trace": self.trace.name, **found.counts(), "page": asked.page, "orphans": names}


class Reach:
    """The rows of a project at both ends of a trace, and its edges there."""

    def __init__(self, trace: Trace, access: Access, project: Project) -> None:
        self.trace, self.edges = trace, trace.told(access)
        source, target = trace.ends
        self.sources, self.targets = _within(source, access, project), _within(target, access, project)

    @property
    def joined_sources(self) -> QuerySet[Any]:
        """Those with a target."""
        return self.sources.filter(pk__in=self.edges.order_by().values("source_id"))

    @property
    def joined_targets(self) -> QuerySet[Any]:
        """Those with a source."""
        return self.targets.filter(pk__in=self.edges.order_by().values("target_id"))

    @property
    def orphans(self) -> QuerySet[Any]:
        """The targets without a source."""
        return self.targets.exclude(pk__in=self.edges.order_by().values("target_id"))

    def counts(self) -> dict[str, int]:
        """The same in numbers, `percent` rounded down so that 100 is said of all and of nothing less."""
        from jingwei.frame.traces.trace import suspect

        targets, covered = self.targets.order_by().count(), self.joined_targets.order_by().count()
        inside = Q(source_id__in=self.sources.order_by().values("pk")) | Q(target_id__in=self.targets.order_by().values("pk"))
        return {
            "targets": targets, "covered": covered, "percent": covered * 100 // targets if targets else 100,
            "sources": self.sources.order_by().count(), "joined": self.joined_sources.order_by().count(),
            "suspect": self.edges.filter(inside).filter(suspect).order_by().count(),
        }  # fmt: skip


def _within(end: Resource, access: Access, project: Project) -> QuerySet[Any]:
    """The rows of a project that may be seen; all of them where they belong to the organisation alone."""
    rows = end.seen(access)
    if end.place_path:
        rows = rows.filter(**{end.place_path: project.pk})
    return rows.order_by(*end.order, "pk")


hear_declared.append(lambda trace: Coverage(f"trace.{trace.name}", trace.title, f"{trace.target}.view", trace=trace))
