"""Which task moved a milestone: of those that drive it, the one whose plan somebody changed most, with who did so or by which change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.models import History, Project, User
from jingwei.frame.records import origins
from jingwei.frame.records.fields import duration_text

held_by = ("constraint_at", "levelled_until", "calendar_id", "work_hours")
lines_at_most = 500


@dataclass(frozen=True, slots=True)
class Driver:
    """A task that drives a milestone and was changed: `before` and `after` are its durations, the same where something else of it was."""

    task: Any
    before: int
    after: int
    line: History
    who: str

    @property
    def text(self) -> str:
        """What was changed, by whom and by which change."""
        why = origins.reason_of(self.line) if self.line.actor_id else ""  # what a machine gave as its reason names things that not everybody may see
        words = {"name": self.task.name, "by": " · ".join(filter(None, (why, self.who))) or _("system")}
        if self.line.action == History.Action.INSERT:
            return _("“%(name)s” is new (%(by)s)") % words
        if self.before == self.after:
            return _("“%(name)s” was moved (%(by)s)") % words
        words |= {"before": duration_text(self.before), "after": duration_text(self.after)}
        return _("“%(name)s” takes %(after)s instead of %(before)s (%(by)s)") % words


def driver_of(project: Project, milestone: Any, before: Collection[int]) -> Driver | None:
    """The task before a milestone, with no more float than it, that was lengthened most since the baseline; else the newest that was held back or added."""
    driving = work.driving(before, milestone)
    if not driving:
        return None
    lines = History.objects.filter(project_id=project.pk, resource="work.task", object_id__in=driving, action__in=("U", "I")).exclude(origin="schedule")
    baseline = schedule.current_baseline(project.pk)
    if baseline is not None:
        lines = lines.filter(at__gte=baseline.taken_at)
    else:
        lines = lines.exclude(action="I")  # everything is new in a plan that nobody has agreed on
    found = list(lines.order_by("-id")[:lines_at_most])
    longer: dict[int, list[History]] = {}
    for line in found:
        if "duration_minutes" in (line.after or {}) and line.action == "U":
            longer.setdefault(line.object_id, []).append(line)
    grown = {pk: _length(each[0].after) - _length(each[-1].before) for pk, each in longer.items()}
    most = max(grown, key=lambda pk: grown[pk], default=None)
    if most is not None and grown[most] > 0:
        newest, oldest = longer[most][0], longer[most][-1]
        return Driver(driving[most], _length(oldest.before), _length(newest.after), newest, _who(newest))
    other = next((line for line in found if line.action == "I" or set(held_by) & set(line.after or {})), None)
    return Driver(driving[other.object_id], 0, 0, other, _who(other)) if other is not None else None


def _length(values: Any) -> int:
    return int((values or {}).get("duration_minutes") or 0)


def _who(line: History) -> str:
    user = User.objects.filter(pk=line.actor_id).first() if line.actor_id else None
    return str(user) if user is not None else ""
