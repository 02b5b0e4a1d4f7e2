"""Levelling: previewed by long work, accepted move by move, taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.schedule import levelling
from jingwei.domains.schedule.services.recalculation import project_recalculate
from jingwei.domains.work import queries as work
from jingwei.domains.work import services as tasks
from jingwei.frame import scope
from jingwei.frame.models import LongWork, Project, User
from jingwei.frame.records import turns
from jingwei.frame.records.turns import in_turn
from jingwei.frame.work import longwork

kind = "schedule.level"


def levelling_begin(*, projects: Sequence[Project], within_slack: bool, seconds: int, user: User, url: str) -> LongWork:
    """Start a preview; its long work says how far it is and keeps the result."""
    if not 1 <= seconds <= levelling.seconds_at_most:
        raise ValidationError({"seconds": _("Between 1 and %(most)s seconds.") % {"most": levelling.seconds_at_most}})
    levelling.refuse_from_finish(projects)
    payload: dict[str, Any] = {"projects": [project.pk for project in projects], "within_slack": within_slack, "seconds": seconds}
    title = _("Levelling %(projects)s") % {"projects": ", ".join(project.code for project in projects)}
    about = longwork.About("work.task", "change", payload["projects"])
    return longwork.begin(kind, title=title, payload=payload, user=user, about=about, url=url)


@longwork.kind(kind)
def _preview(payload: dict[str, Any], watch: longwork.Watch) -> dict[str, Any]:
    projects = list(Project.objects.filter(pk__in=payload["projects"]).order_by("pk"))
    if not projects:
        raise ValidationError(_("The projects are gone."))
    return levelling.level(
        projects,
        within_slack=payload["within_slack"],
        seconds=payload["seconds"],
        tell=lambda share: watch.tell(round(share * 1000), 1000),
        should_stop=watch.should_stop,
    )


@in_turn
def levelling_accept(*, outcome: dict[str, Any], chosen: Iterable[int]) -> int:
    """Hold back the chosen tasks as previewed; what was held before and is in no move any more is let go. Returns how many are held.

    Raises ValidationError when what the preview supposed of a task holds no more.
    """
    moves = levelling.chosen_moves(outcome, set(chosen))
    projects = sorted(each["id"] for each in outcome["projects"])
    turns.take(projects)
    rows = {task.pk: task for project_id in projects for task in work.tasks_of(project_id)}
    changed = [
        move["name"]
        for move in moves
        if (task := rows.get(move["task"])) is None or levelling.print_of(vars(task), task.assignee_id or task.skill or None) != move["print"]
    ]
    if changed:
        raise ValidationError(_("Changed since the preview: %(names)s. Level again.") % {"names": ", ".join(changed[:5])})
    held = {move["task"]: datetime.fromisoformat(move["not_before"]) for move in moves}
    let_go = [task for pk, task in rows.items() if task.levelled_until and pk not in held]
    with scope.because(reason=_("Levelling")):
        tasks.tasks_save(rows=[(rows[pk], {"levelled_until": until}) for pk, until in held.items()] + [(task, {"levelled_until": None}) for task in let_go])
        for project_id in projects:
            project_recalculate(project_id=project_id)
    return len(held)


@in_turn
def levelling_clear(*, project: Project) -> int:
    """Let go everything that levelling holds back in a project. Returns how many."""
    turns.take([project.pk])
    rows = list(work.tasks_of(project.pk).filter(levelled_until__isnull=False))
    with scope.because(reason=_("Levelling taken back")):
        tasks.tasks_save(rows=[(task, {"levelled_until": None}) for task in rows])
        project_recalculate(project_id=project.pk)
    return len(rows)
