"""Endangered milestones, and plans that cannot be calculated: the managers are told once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Project
from jingwei.frame.telling import watches
from jingwei.frame.telling.watches import Watch
from jingwei.frame.telling.wording import Both, Said


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone as it was calculated; `cause` says in the language of now why the plan moved."""

    pk: int
    project: Project
    row: Mapping[str, Any]
    finish: datetime | None = None
    cause: Callable[[], str] = str

    @property
    def project_id(self) -> int:
        """The project it belongs to."""
        return self.project.pk


def milestones_watch(
    *, project: Project, rows: Mapping[int, Mapping[str, Any]], late: Mapping[int, datetime], cause: Callable[[], str]
) -> tuple[list[int], list[int]]:
    """Compare the milestones late now with those known to be; returns who got into danger and who is out of it.

    `rows` are the project's tasks, `late` the computed finish of each milestone behind its deadline, `cause` says why in the language of now.
    """
    now = {pk: Milestone(pk, project, rows[pk], finish, cause) for pk, finish in late.items()}
    others = _Others(project, rows)
    return watches.settle(milestone_late, now, project=project, others=others)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A plan that cannot be calculated; `why` says it in the language of now."""

    project: Project
    why: Callable[[], str]

    @property
    def pk(self) -> int:
        """The project stands for its plan."""
        return self.project.pk

    @property
    def project_id(self) -> int:
        """The project itself."""
        return self.project.pk


def plan_watch(*, project: Project, why: Callable[[], str] | None = None, is_new: bool = True) -> None:
    """The plan of a project cannot be calculated, and why, or (without a reason) it can. A reason that `is_new` is told even where another one was."""
    if is_new:
        watches.settle(plan_stuck, {}, project=project)
    if why is not None:
        watches.settle(plan_stuck, {project.pk: Stuck(project, why)}, project=project)


class _Others(Mapping[int, Milestone]):
    """The other tasks of the plan, made into milestones only as they are asked for."""

    def __init__(self, project: Project, rows: Mapping[int, Mapping[str, Any]]) -> None:
        self.project, self.rows = project, rows

    def __getitem__(self, pk: int) -> Milestone:
        return Milestone(pk, self.project, self.rows[pk])

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def _late_text(late: Milestone) -> Said:
    assert late.finish is not None
    hours = (late.finish - late.row["deadline"]).total_seconds() / 3600
    behind = Said(_("%(days)s days"), days=round(hours / 24, 1)) if hours >= 24 else Said(_("%(hours)s hours"), hours=round(hours, 1))
    text = _("“%(name)s” of %(project)s slips to %(finish)s, %(late)s behind its deadline. Reason: %(cause)s")
    cause = Both(lambda: late.cause()[:120])
    return Said(text, name=late.row["name"][:80], project=late.project.code, finish=late.finish, late=behind, cause=cause)


def _safe_text(safe: Milestone) -> Said:
    text = _("“%(name)s” is reached.") if safe.row["percent"] >= 100 else _("“%(name)s” is safe again: it meets its deadline.")
    return Said(text, name=safe.row["name"][:80])


milestone_late = Watch(
    "milestone.late",
    _("Endangered milestone"),
    "work.task",
    says=_late_text,
    over=_safe_text,
    tell=lambda milestone: watches.managers_of(milestone.project),
    address=lambda milestone: f"/projects/{milestone.project.code}/",
    level="alarm",
    words_need="hub.interface.view",  # the reason names interfaces that are down
)
plan_stuck = Watch(
    "plan.stuck",
    _("Plan that cannot be calculated"),
    "work.task",
    says=lambda stuck: Said(_("The plan of %(project)s cannot be calculated: %(problem)s"), project=stuck.project.code, problem=Both(stuck.why)),
    tell=lambda stuck: watches.managers_of(stuck.project),
    address=lambda stuck: f"/schedule/gantt/{stuck.project.code}/",
    level="alarm",
)
